"""What a table is for the pages that are made of several datasets: a plan's milestones, reports of them,
figures of participation.

A declaration says it (`pipeline.role`), and the published descriptor repeats it (`role`): the pages find
their tables by that alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """The fields that the pages read of a table in this role: those that it must have, and those that it may
    have."""

    needs: tuple[str, ...]
    may: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        return self.needs + self.may


ROLES: Mapping[str, Role] = {
    "plans": Role(
        needs=("plan_id", "titulo"),
        may=(
            "inicio_mes",
            "fin_mes",
            "anio_inicio",
            "anio_fin",
            "presentado",
            "duracion_hasta_mes",
            "responsable",
            "seguimiento_cada_meses",
            "seguimiento_medio",
            "compromisos_cargados",
            "no_hallados",
            "avales",
            "nota",
            "fuente",
        ),
    ),
    "commitments": Role(
        needs=("compromiso_id", "plan_id", "titulo"),
        may=(
            "numero",
            "responsable",
            "instituciones",
            "apoyo_gobierno",
            "apoyo_sociedad",
            "valores",
            "inicio_mes",
            "fin_mes",
            "enlace",
            "nota",
            "fuente",
        ),
    ),
    "milestones": Role(
        needs=("hito_id", "compromiso_id", "plan_id", "titulo", "fin_mes"),
        may=(
            "inicio_mes",
            "condicion",
            "meta",
            "meta_unidad",
            "contado",
            "contado_unidad",
            "contado_desde",
            "contado_hasta",
            "a_publicar",
            "nota",
            "fuente",
        ),
    ),
    "periods": Role(needs=("plan_id", "periodo", "desde_mes", "hasta_mes")),
    "follow-up": Role(
        needs=("periodo", "plan_id", "hito_id", "estado"),
        may=("avance", "evidencias", "desafios", "informado_por", "registrado"),
    ),
    "reviews": Role(
        needs=("revision_id", "plan_id", "revisor"),
        may=(
            "compromiso_id",
            "informe",
            "situacion",
            "publicada",
            "verificable",
            "relevante",
            "ambicion",
            "cumplimiento",
            "cumplimiento_relato",
            "resultados_tempranos",
            "relato",
            "cita",
            "enlace",
            "nota",
            "fuente",
        ),
    ),
    "minutes": Role(
        needs=("acta_id", "fecha", "organo", "enlace"), may=("plan_id", "organizaciones", "publicada")
    ),
    "cocreation": Role(
        needs=("plan_id",),
        may=(
            "propuestas",
            "grupos",
            "reuniones_publicas",
            "personas_vision",
            "personas_sesiones",
            "mesas",
            "areas_gobierno",
            "organizaciones_sociedad",
            "institutos_universitarios",
            "nota",
            "fuente",
        ),
    ),
    "stages": Role(needs=("plan_id", "orden", "nombre"), may=("mes", "que_se_hizo", "fuente")),
    "lines": Role(needs=("plan_id", "orden", "nombre"), may=("propone", "compromiso_id", "fuente")),
    "promises": Role(
        needs=("numero", "titulo", "avance"),
        may=("eje", "anio", "indicador", "anio_2", "indicador_2", "avance_2"),
    ),
    "claims": Role(
        needs=("afirmacion", "valor", "unidad"),
        may=("al", "dato", "dato_unidad", "dato_de", "nota", "fuente"),
    ),
    "figures": Role(
        needs=("cifra_id", "indicador", "clase", "valor", "unidad", "desde", "hasta"),
        may=("precision", "grupo", "compromiso_id", "hito_id", "nota", "fuente", "enlace"),
    ),
    "indicators": Role(
        needs=("anio", "programa", "comuna", "grupo_etario", "instancias"),
        may=("inscriptos", "asistentes", "votos", "con_respuesta"),
    ),
    "coverage": Role(needs=("programa", "dato", "filas", "conocidas")),
    "instances": Role(
        needs=("fecha", "actividad"),
        may=(
            "programa",
            "etapa",
            "comuna",
            "barrio",
            "lugar",
            "grupo_etario",
            "resultado",
            "respuesta_gobierno",
        ),
    ),
    "calls": Role(
        needs=("fecha", "titulo", "lugar"),
        may=("hora", "inscripcion_hasta", "inscripcion", "programa", "modalidad", "comuna", "barrio"),
    ),
    "proposals": Role(needs=("propuesta_id",), may=("apoyos", "retirada")),
    "projects": Role(needs=("proyecto_id", "factibilidad"), may=("presupuesto", "etapa")),
    "project-milestones": Role(needs=("proyecto_id", "titulo"), may=("fecha",)),
    "city-projects": Role(
        needs=("proyecto_id", "nombre", "estado"),
        may=("ba_elige", "comunas", "ejes", "jurisdiccion", "desde", "hasta"),
    ),
    "candidates": Role(
        needs=("proyecto_id", "proyecto", "obra"),
        may=("proyecto_lugar", "comuna", "barrio", "etapa", "marcada", "palabras"),
    ),
    "works": Role(needs=("obra",), may=("comuna", "barrio", "etapa", "porcentaje_avance", "proyecto_id")),
}
