"""The report that frictionless gives, sooner: Arrow proves what is clean, frictionless explains the rest."""
