"""The pictures of a dataset: charts and maps that its declaration asks for, drawn ahead as SVG."""
