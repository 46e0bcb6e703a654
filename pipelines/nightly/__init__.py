"""What the Prefect flows use: a server for one run, what Prefect shows of it, the catalogues to publish
to."""
