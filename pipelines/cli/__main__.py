"""`python -m pipelines.cli` is `vereda`."""

from pipelines.cli import main

main()
