"""Words of labels as agencies cut, glue and translate them: `domic`, `telefonocontacto` and `surname` are
domicilio, telefono contacto and apellido."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

CUT, GLUED, PIECE = 4, 6, 3
"""Letters that a cut word, a glued one, and a piece of it have at least."""

_SAME_TEXT = """
grupo: gpo
conviviente: conviv convive
embarazo: emb embar
cotitular: cotit
adjudicatario: adjud adjudic
apellido: ape apell surname surnames lastname
nombre: nom nomb nombs noms nbre nbr firstname forename
celular: mobile cell
telefono: telephone te telef fono
observacion: obs
nacimiento: dob nacimento
domicilio: domicilo dcilio domi
contacto: contact
titular: owner holder tit
paciente: pac patient
alumno: student
empleado: employee empl
solicitante: applicant
beneficiario: beneficiary benef
victima: victim
denunciante: complainant denun
conyuge: spouse
testigo: witness
diagnostico: dx diagnosis
enfermedad: disease illness
discapacidad: disability discap
embarazo: pregnant pregnancy
medicacion: medication
raza: race
etnia: ethnicity ethnic
religion: faith
huella: fingerprint
patente: plate
hijos: children childs kids
edad: age
familiar: fam fliar flia fliares
responsable: resp
arrendatario: arrendam arrend arrendat
infractor: infrac
alumno: alum
"""
_SAME = {
    word: ours
    for ours, words in (line.split(": ") for line in _SAME_TEXT.strip().splitlines())
    for word in words.split()
}
"""Words that stand for one of ours and are none that an agency means otherwise."""
_LONG_TEXT = """
apellido nombre domicilio diagnostico discapacidad enfermedad telefono celular documento nacimiento
paciente beneficiario beneficio alumno alumbrado religion sindicato sindico antecedentes embarazo
embargo medicacion medico nacionalidad patologia pasaporte conyuge responsable direccion director
expediente solicitante solicitud titular titulo observaciones descripcion descuento descubierto
tratamiento vacuna afiliado particular orientacion disciplina discriminacion discurso domingo dominio
enfermeria documental nombramiento tutor pacientes convenio convocatoria posicion postulacion
participacion ocupacion adjudicacion adjudicatario cotitular conviviente sindicato orientacion gremial
partidaria antecedentes ascendencia pronombre vinculo prontuario situacion penitenciario afiliacion
alergia nacionalidad ingresos sanguineo civil madre padre alumna propietario inquilino damnificado
fallecido postulante participante ocupante
"""
_LONG = frozenset(_LONG_TEXT.split())
"""Words that agencies cut, and those that a cut one could be as well."""
_LINKS = frozenset(("y", "de", "del", "nro", "num", "fec", "nac", "tel", "cel", "dni"))


def spell_out(word: str, known: Collection[str]) -> tuple[str, ...]:
    """A word of a label in small letters, as the words that it stands for; `known` are those that stand for
    themselves."""
    if word in _SAME:
        return (_SAME[word],)
    if word in known or len(word) < CUT or not word.isalpha():
        return (word,)
    return _whole_word(word) or _pieces(word, frozenset(known)) or (word,)


@cache
def _whole_word(word: str) -> tuple[str, ...]:
    """The one word that begins like a cut one, in singular or plural."""
    begun = sorted(long for long in _LONG if long.startswith(word))
    if begun and all(long.startswith(begun[0][:-1]) for long in begun):
        return (begun[0],)
    return ()


@cache
def _pieces(word: str, known: frozenset[str]) -> tuple[str, ...]:
    """The words of a glued one, the longest first; none where a letter is left."""
    if len(word) < GLUED:
        return ()
    pieces = _split(word, known)
    return pieces if len(pieces) > 1 else ()


def _split(word: str, known: frozenset[str]) -> tuple[str, ...]:
    if not word:
        return ()
    for end in range(len(word), 0, -1):
        piece = word[:end]
        if piece in _LINKS or (end >= PIECE and (piece in known or piece in _LONG)):
            rest = _split(word[end:], known)
            if rest or end == len(word):
                return (piece, *rest)
    return ()
