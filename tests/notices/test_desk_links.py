"""Where there is a desk, letters to agencies and the guide of an empty workbook lead there and name no
command; where there is none, commands are what there is."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from catalog.archive.outbox import Notice, Standing
from messages import speaking
from pipelines.agency.template.workbook import make_template
from pipelines.dataset.dataset import load_dataset
from pipelines.notices.mail import Mail
from pipelines.notices.message import message_text
from pipelines.notices.receivers import receivers
from pipelines.settings import Settings
from tests.support.cities import City, csv, declaration

DESK = "https://datos.example/mesa/"


@pytest.fixture
def settings(city: City) -> Settings:
    for name, source in (("obras", {"kind": "inbox"}), ("salud", None)):
        made = declaration(name, source=source)
        made["pipeline"]["publisher"] = {"id": name, "name": name, "email": f"{name}@ciudad.example"}
        city.declare(made, datos=csv("1,Plaza,10"))
    mail = {"mail_server": "smtp://127.0.0.1:25", "mail_from": "Datos <datos@ciudad.example>"}
    return Settings(**mail, mail_team=("equipo@ciudad.example",), desk_url=DESK)


def letter(city: City, settings: Settings, name: str, address: str, kind: str) -> str:
    """What is written to an address about a dataset."""
    dataset = load_dataset(city.datasets / name)
    found = receivers(settings, [dataset], city.archive)[name]
    (mail,) = [each for each in found if isinstance(each, Mail) and each.address == address]
    facts = {
        "message": "mal (y 1 problema más; `vereda check` los lista)",
        "forSender": "mal (y 1 problema más)",
    }
    notice = Notice(name, 1, kind, "2026-03-01T03:00:00-03:00", "Obras", Standing(), facts)
    return message_text([notice], Standing(), None, mail.desk)


@pytest.mark.parametrize("kind", ["rejected", "quarantined", "late", "failed", "normal"])
def test_a_letter_to_an_agency_leads_to_the_desk(city: City, settings: Settings, kind: str):
    for name in ("obras", "salud"):
        text = letter(city, settings, name, f"{name}@ciudad.example", kind)
        assert "vereda " not in text.replace("vereda.", "")
        assert "`" not in text
    text = letter(city, settings, "obras", "obras@ciudad.example", kind)
    if kind in ("rejected", "quarantined", "late"):
        assert "https://datos.example/mesa/entregar?conjunto=obras" in text
        assert "https://datos.example/en/mesa/entregar?conjunto=obras" in text
    if kind == "rejected":
        assert "https://datos.example/mesa/?conjunto=obras" in text
        assert "mal (y 1 problema más)" in text


def test_the_data_team_and_whoever_has_no_desk_read_commands(city: City, settings: Settings):
    assert "`vereda check obras" in letter(city, settings, "obras", "equipo@ciudad.example", "rejected")
    without = settings.model_copy(update={"desk_url": None})
    assert "`vereda check obras" in letter(city, without, "obras", "obras@ciudad.example", "rejected")


def test_the_guide_of_an_empty_workbook_leads_there(city: City, settings: Settings, tmp_path: Path):
    for desk, said in ((DESK, f"{DESK}?conjunto=obras"), (None, "vereda submit obras")):
        with speaking("es"):
            make_template(city.datasets, city.archive, "obras", tmp_path / "vacia.xlsx", desk)
        book = load_workbook(tmp_path / "vacia.xlsx")
        words = " ".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
        assert said in words
        assert ("vereda submit" in words) == (desk is None)
