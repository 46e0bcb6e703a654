"""One record a dataset, written as data.json, DCAT-AP and schema.org."""
