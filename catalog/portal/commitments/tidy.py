"""The pages' rows as CSV: how every milestone stood on a day, and everything that happened."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from catalog.portal.commitments.events import Event
from catalog.portal.commitments.standing import Standing

STANDING = (
    *("fecha", "plan_id", "compromiso_id", "hito_id", "titulo", "vence", "estado", "avance", "periodo", "registrado"),
    *("dias_de_atraso", "responde", "evidencias"),
)
EVENTS = (
    *("fecha", "suceso", "plan_id", "compromiso_id", "hito_id", "periodo", "estado_anterior", "estado", "avance_anterior", "avance"),
    *("vence", "evidencias"),
)
KINDS = {
    "plan": "plan vigente",
    "submitted": "plan presentado",
    "plan-over": "plan terminado",
    "plan-loaded": "plan cargado",
    "loaded": "compromiso agregado",
    "added": "hito agregado",
    "removed": "hito retirado",
    "redefined": "hito redefinido",
    "reported": "informe",
    "late": "atraso",
    "past-due": "vencido sin informe",
    "corrected": "corrección",
    "reviewed": "revisión",
}


def standing(told: Standing) -> str:
    """A row for each milestone; `dias_de_atraso` is empty where nothing follows its plan."""
    rows = []
    for each in told.milestones:
        report, milestone = each.report, each.milestone
        known = [report.state, report.progress, report.period, report.recorded] if report else [None] * 4
        late = each.late if each.followed else None
        evidence = "; ".join(report.evidence) if report else None
        ids = [told.day, milestone.plan, milestone.commitment, milestone.id, milestone.title, milestone.due]
        rows.append([*ids, *known, late, each.answers, evidence])
    return _csv(STANDING, rows)


def events(told: Sequence[Event]) -> str:
    rows = []
    for each in told:
        report = each.after or each.before
        ids = [each.day, KINDS[each.kind], each.plan, each.commitment, each.milestone.id if each.milestone else None]
        states = [part.state if part else None for part in (each.before, each.after)]
        progress = [part.progress if part else None for part in (each.before, each.after)]
        due = each.milestone.due if each.milestone else None
        rows.append([*ids, report.period if report else None, *states, *progress, due, "; ".join(each.evidence) or None])
    return _csv(EVENTS, rows)


def _csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO()
    plain = [[f"{cell:g}" if isinstance(cell, float) else cell for cell in row] for row in rows]
    csv.writer(text, lineterminator="\n").writerows([header, *plain])
    return text.getvalue()
