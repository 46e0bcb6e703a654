"""What a declaration says, under `pipeline.ckan`, of a package that the city's CKAN has already."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, StrictStr


class Taken(BaseModel):
    """What is taken over, by name or id; a resource by the file that it will show, as in obras.csv."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    package: StrictStr | None = None
    organization: StrictStr | None = None
    resources: dict[StrictStr, StrictStr] = {}
