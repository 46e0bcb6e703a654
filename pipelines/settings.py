"""How Vereda is set up on this machine: the environment (`VEREDA_…`), or the file `vereda.env` in the working
folder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as UnreadableValue

from isolation.process import Bounds
from messages import gettext as _
from pipelines.setting_values import (
    check_api_place,
    check_bucket,
    check_ckan_profile,
    check_database,
    check_folder,
    check_issuer,
    check_mail_addresses,
    check_mail_server,
    check_mailbox,
    check_schedule,
    check_scheduler,
    check_signing_secret,
    check_web_address,
    check_zone,
    describe_json,
    describe_value_fault,
)

SLOWEST = 1_000_000
"""Bytes of tables that are judged in a second at least, on a machine that has other things to do."""
TIMES = 10
"""How many times their own size, packed, tables may take in memory while they are judged, beside what all
may: a month of 100,000 rows onto 5 M took some seven."""
SECRETS = (
    "VEREDA_CKAN_TOKEN",
    "VEREDA_CKAN_DATASTORE_URL",
    "VEREDA_DATABASES",
    "VEREDA_HASH_KEY",
    "VEREDA_MAIL_SERVER",
    "VEREDA_OIDC_SECRET",
    "VEREDA_OUTCOME_WEBHOOKS",
    "VEREDA_TRELLO_KEY",
    "VEREDA_TRELLO_TOKEN",
    "VEREDA_WEBHOOKS",
    "VEREDA_FOLLOWED_ROWS",
)


class SettingsError(Exception):
    """A setting has a value that cannot be used: correct it in the environment or in `vereda.env`."""


def _datasets() -> Path:
    """The ones that came with an installed package, else the checkout's `datasets/`."""
    here = Path(__file__).parent
    packaged = here / "_datasets"
    return packaged if packaged.is_dir() else here.parent / "datasets"


class FollowedRows(BaseModel):
    """Rows of a dataset's table that a program at `url` follows: those that every filter chooses, each
    written as the API takes it (`comuna=4`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, AfterValidator(check_web_address)]
    secret: Annotated[SecretStr, AfterValidator(check_signing_secret)]
    dataset: str
    table: str
    filter: Annotated[tuple[str, ...], Field(min_length=1)]


class OutcomeWebhook(BaseModel):
    """A program at `url` that is told what becomes of each file of an `agency` (a publisher's id)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, AfterValidator(check_web_address)]
    secret: Annotated[SecretStr, AfterValidator(check_signing_secret)]
    agency: str


class Settings(BaseSettings):
    """All settings of Vereda; relative paths start at the working folder."""

    # `make ckan` tells by the first where it is; the second, which nobody but its owner writes, wins.
    model_config = SettingsConfigDict(
        env_prefix="VEREDA_", env_file=("var/ckan/vereda.env", "vereda.env"), extra="ignore"
    )

    datasets: Path = Field(default_factory=_datasets, description="folder of the declarations")
    archive: str = Field(
        default="var/archive", description="the archive: a folder, or s3://, gs://, az:// with its prefix"
    )
    inbox: Path = Field(
        default=Path("var/inbox"),
        description="the watched folder: agencies hand in at `<publisher>/<dataset>/` in it",
    )
    desk: Annotated[Path, AfterValidator(check_folder)] = Field(
        default=Path("var/desk"),
        description="where the desk (`vereda serve --desk`) keeps answers until their time is over",
    )
    desk_url: Annotated[str, AfterValidator(check_web_address)] | None = Field(
        default=None,
        description=(
            "public address of the desk, `https://host/mesa/`: letters to agencies lead there, and who signs "
            "in comes back there"
        ),
    )
    oidc_issuer: Annotated[str, AfterValidator(check_issuer)] | None = Field(
        default=None,
        description=(
            "who signs people in at the desk by OpenID Connect: the provider's address; without it keys alone"
        ),
    )
    oidc_client: str = Field(
        default="vereda", description="the desk's client id there; it comes back to `/mesa/entrar/vuelta`"
    )
    oidc_secret: SecretStr | None = Field(default=None, description="the desk's secret there")
    oidc_claim: str = Field(
        default="groups", description="the claim of an account that says to what it belongs"
    )
    oidc_agencies: dict[str, str] = Field(
        default={},
        description=(
            "which value of that claim is which agency (a publisher's id): "
            '`{"ambiente-datos": "agencia-ambiente"}`'
        ),
    )
    oidc_team: str | None = Field(default=None, description="the value of that claim that is the data team")
    portal: Path = Field(
        default=Path("var/portal"),
        description="the portal: a symbolic link that each build replaces; an empty folder makes way for it, "
        "a mount point cannot (name a folder in it)",
    )
    portal_bucket: Annotated[str, AfterValidator(check_bucket)] | None = Field(
        default=None, description="bucket that gets a copy of the portal: s3://, gs://, az:// with its prefix"
    )
    portal_url: str | None = Field(
        default=None, description="public base of printed links; default: the portal's file: URL"
    )
    portal_publisher: Annotated[str, AfterValidator(check_mailbox)] | None = Field(
        default=None,
        description=(
            "who answers for the catalogue that others harvest: `Name <e-mail>`; without it no address is "
            "told"
        ),
    )
    portal_form: Annotated[str, AfterValidator(check_web_address)] | None = Field(
        default=None,
        description=(
            "address of a form for questions and problems, in which {dataset}, {version} and {page} are "
            "filled in; without it, an e-mail to whoever answers for the catalogue"
        ),
    )
    portal_api: Annotated[str, AfterValidator(check_api_place)] | None = Field(
        default=None,
        description=(
            "address of the API in the lines to copy, or `none` where the portal is only a folder of files; "
            "default: `/api/v1` of VEREDA_PORTAL_URL, as `vereda serve` has it"
        ),
    )
    ckan_url: Annotated[str, AfterValidator(check_web_address)] | None = Field(
        default=None, description="the CKAN that releases go to; default: none"
    )
    ckan_token: SecretStr | None = Field(
        default=None, description="API token of a user who may write into the agencies' organizations there"
    )
    ckan_datastore_url: Annotated[SecretStr, AfterValidator(check_database)] | None = Field(
        default=None, description="write URL of its DataStore's database: many rows go in by COPY"
    )
    ckan_versions: int = Field(
        default=12, ge=1, description="versions that a package lists there, beside the last of each major one"
    )
    ckan_profile: Annotated[str | None, AfterValidator(check_ckan_profile)] = Field(
        default=None,
        description="what it wants things in: plain, or some of spatial, scheming, dcat, with commas "
        "between; default: what its status says",
    )
    trello_key: SecretStr | None = Field(
        default=None, description="key of an application at Trello; without it, public boards only"
    )
    trello_token: SecretStr | None = Field(
        default=None, description="token of somebody who may read the boards"
    )
    trello_url: Annotated[str, AfterValidator(check_web_address)] | None = Field(
        default=None, description="where Trello is; default: Trello's own addresses"
    )
    databases: dict[str, Annotated[SecretStr, AfterValidator(check_database)]] = Field(
        default={},
        description=(
            'databases that sources of kind sql name: `{"obras": "postgresql://reader:password@host/city"}`, '
            "each with a user who may only read"
        ),
    )
    hash_key: SecretStr | None = Field(
        default=None,
        min_length=16,
        description=(
            "secret of columns that are declared `hash`; whoever has it can find a person's hash: keep it, "
            "and change it never"
        ),
    )
    webhooks: dict[
        Annotated[str, AfterValidator(check_web_address)],
        Annotated[SecretStr, AfterValidator(check_signing_secret)],
    ] = Field(
        default={},
        description=(
            'who is told of releases by HTTP, each with its secret: `{"https://host/path": "whsec_…"}`'
        ),
    )
    followed_rows: tuple[FollowedRows, ...] = Field(
        default=(),
        description=(
            'who is told of rows of a table by HTTP: `[{"url": …, "secret": "whsec_…", "dataset": '
            '"ba-obras", "table": "obras", "filter": ["comuna=4"]}]`'
        ),
    )
    outcome_webhooks: tuple[OutcomeWebhook, ...] = Field(
        default=(),
        description=(
            "which program of an agency is told by HTTP what became of each of its files: "
            '`[{"url": …, "secret": "whsec_…", "agency": "agencia-ambiente"}]`'
        ),
    )
    mail_server: Annotated[SecretStr, AfterValidator(check_mail_server)] | None = Field(
        default=None,
        description=(
            "SMTP server: `smtp://user:password@host:587` or `smtps://…`; without it no e-mail is sent"
        ),
    )
    mail_tls: bool = Field(
        default=True, description="false: e-mail also goes to a server that offers no encryption"
    )
    mail_from: Annotated[str, AfterValidator(check_mailbox)] | None = Field(
        default=None, description="sender of e-mail: `Name <e-mail>`"
    )
    mail_team: Annotated[tuple[str, ...], AfterValidator(check_mail_addresses)] = Field(
        default=(),
        description=(
            'addresses of the data team, who hear of every dataset and of sources that fail: `["datos@…"]`'
        ),
    )
    subscribers: Annotated[Path, AfterValidator(check_folder)] = Field(
        default=Path("var/subscribers"),
        description=(
            "folder of those who follow news by e-mail: personal data, outside the archive; whoever serves "
            "the portal and whoever runs the nights needs the same one"
        ),
    )
    lang: Literal["es", "en"] = Field(default="es", description="language of the terminal")
    retry_delay: float = Field(
        default=5.0,
        ge=0,
        description="seconds before the first of three retries of a network read; then doubled",
    )
    timeout: float = Field(
        default=60.0, gt=0, description="seconds without an answer after which a network read is given up"
    )
    max_bytes: int = Field(
        default=2_000_000_000, gt=0, description="largest extract that is taken from a source, in bytes"
    )
    evidence: bool = Field(
        default=True,
        description="false: the links of evidence and sources are not asked, and no copies are kept of them",
    )
    inner_hosts: tuple[str, ...] = Field(
        default=(),
        description=(
            'hosts that may have an inner address although their name does not say so: `["datos.gob.ar"]`; '
            "a redirect, too, may lead there"
        ),
    )
    max_unpacked: int = Field(
        default=2_000_000_000,
        gt=0,
        description="bytes that a packed file (ZIP, gzip, XLSX, ODS) may have once unpacked",
    )
    max_ratio: int = Field(
        default=250, ge=1, description="how many times as large as packed it may be unpacked, beyond 10 MB"
    )
    max_cells: int = Field(
        default=20_000_000, ge=1, description="cells that a workbook's sheet may span, the empty ones counted"
    )
    max_columns: int = Field(default=4_000, ge=1, description="columns that a table may have")
    max_row: int = Field(
        default=16_000_000, ge=1, description="characters that a row or a line of a file may have"
    )
    max_memory: int = Field(
        default=2_000_000_000, ge=200_000_000, description="bytes of memory that reading a file may take"
    )
    max_seconds: int = Field(
        default=600,
        ge=1,
        description=(
            "seconds of computing that reading a file may take, and one more for each of its megabytes"
        ),
    )
    workers: int = Field(default=2, ge=1, description="datasets that run at the same time")
    dask: Annotated[str, AfterValidator(check_scheduler)] | None = Field(
        default=None,
        description=(
            "address of a Dask scheduler (tcp://host:port), whose workers take parts of tables of more than "
            "16 MiB; they need this installation, and TMPDIR under the same name"
        ),
    )
    source_requests: int = Field(
        default=2,
        ge=1,
        description="extracts that are read at the same time from one host, by all runs together",
    )
    night: Annotated[str, AfterValidator(check_schedule)] = Field(
        default="0 3 * * *", description="when the night begins, as cron, in the city's zone"
    )
    zone: Annotated[str, AfterValidator(check_zone)] = Field(
        default="America/Argentina/Buenos_Aires", description="the city's zone, in which schedules are read"
    )

    @property
    def tells(self) -> bool:
        """Whether anybody is to be told what changed."""
        programs = self.webhooks or self.followed_rows or self.outcome_webhooks
        return bool(programs or (self.mail_server and self.mail_from))

    @property
    def takes_subscribers(self) -> bool:
        """Whether news go to whoever asks for them: there is mail, and an address for the links in it."""
        public = (self.portal_url or "").startswith(("http://", "https://"))
        return bool(self.mail_server and self.mail_from and public)

    @property
    def now(self) -> datetime:
        """The time of the clock, in the city's zone."""
        return datetime.now(ZoneInfo(self.zone))

    @property
    def secret(self) -> str | None:
        """The key of hashes, in plain."""
        return self.hash_key.get_secret_value() if self.hash_key else None


def load_settings() -> Settings:
    """The settings in force; raises SettingsError naming the setting, its value and what is allowed."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"VEREDA_{first['loc'][0]}".upper()
        raise SettingsError(
            _(
                "{name} is {value!r}: {why}. Correct it in the environment or in vereda.env.",
                name=name,
                value=_("not shown") if name in SECRETS else first["input"],
                why=describe_value_fault(first),
            )
        ) from error
    except UnreadableValue as error:  # which says the field's name, and never the value
        field = next((name for name in Settings.model_fields if f'"{name}"' in str(error)), "")
        raise SettingsError(
            _(
                "{name} cannot be read: {why}. Correct it in the environment or in vereda.env.",
                name=f"VEREDA_{field}".upper(),
                why=describe_json(field),
            )
        ) from error


@dataclass(frozen=True)
class Limits:
    """What fetching and reading one extract may cost, so that whoever sends a file, well or badly meant, gets
    an answer, and the machine stays up.

    Of the source: `timeout`, seconds without an answer, and `fetch_seconds`, seconds in all. Of the file:
    `extract`, its bytes; `unpacked`, the bytes of a packed one (ZIP, gzip, XLSX, ODS) once unpacked, and
    `ratio`, how many times as large as packed it may then be. Of a table: `cells` that a sheet spans, the
    empty ones counted; its `columns`; `row`, characters of one row, bytes of one line. `memory` (bytes) and
    `seconds` (of computing) are what reading a file may take. `inner_hosts` may have an inner address.
    `dask` is the scheduler whose workers take parts of large tables, "" where nobody does: runs alone ask.
    """

    timeout: float = 60.0
    fetch_seconds: float = 3600.0
    extract: int = 2_000_000_000
    unpacked: int = 2_000_000_000
    ratio: int = 250
    cells: int = 20_000_000
    columns: int = 4_000
    row: int = 16_000_000
    memory: int = 2_000_000_000
    seconds: int = 600
    inner_hosts: tuple[str, ...] = ()
    dask: str = ""

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        return cls(
            timeout=settings.timeout,
            extract=settings.max_bytes,
            unpacked=settings.max_unpacked,
            ratio=settings.max_ratio,
            cells=settings.max_cells,
            columns=settings.max_columns,
            row=settings.max_row,
            memory=settings.max_memory,
            seconds=settings.max_seconds,
            inner_hosts=settings.inner_hosts,
        )

    def judging(self, size: int) -> Bounds:
        """What checking and comparing tables may cost that have so many bytes all together: of large ones
        more, as reading them takes its time."""
        seconds = self.seconds + size // SLOWEST
        return Bounds(self.memory + TIMES * size, seconds, max(self.unpacked, TIMES * size))


DEFAULT_LIMITS = Limits()
