"""What the classifiers hear in texts and columns, and that many texts are weighed as each by itself; all
persons are invented."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.release.asking import DOUBT
from validation.personal.cells import find_kinds_in_cells
from validation.personal.classifier.columns import TableSample, hear_columns
from validation.personal.classifier.model import Classifier, Model, classifier, judge_texts, may_tell
from validation.personal.classifier.tokens import BEGIN, BLOCK, END, canonical, describe_token, read_tokens
from validation.personal.evidence import weigh_samples
from validation.personal.identifiers import find_kinds
from validation.personal.rows import Column
from validation.personal.terms import terms_of_words
from validation.personal.triggers import in_plain_letters

SAID = """
soy la vecina Marta Gómez delegada de UTE evangélica mi hijo 7 años sala verde DNI 28.456.789 obra en Escuela
N° 12 . ; , ! ¿ - ( ) 3 45 1990 123456 situación calle cobra AUH LUZ CORTADA PLAZA
"""
WORDS = st.sampled_from([*SAID.split(), "\n"])
TEXTS = st.lists(WORDS, max_size=60).map(" ".join)


def weigh_by_hand(text: str) -> np.ndarray:
    """The highest sums of a text: each window by itself, feature by feature, without arrays."""
    model, stream = classifier().model, read_tokens(pa.array([text], pa.string()))
    best = np.full(len(model.kinds), -np.inf)
    if stream is None:
        return best
    tokens = [describe_token(canonical(stream.words[code])) for code in stream.codes]
    plain = [in_plain_letters(stream.words[code]) for code in stream.codes]
    starts = np.flatnonzero(stream.begins).tolist()
    for start, end in zip(starts, [*starts[1:], len(tokens)], strict=True):
        cuts = range(start, end, BLOCK)
        for cut in cuts if len(cuts) == 1 else cuts[:-1]:
            stop = min(cut + 2 * BLOCK, end)
            spoken = [place for place in range(start, end) if plain[place][0].isalnum()]
            best = np.maximum(best, _weigh(model, tokens, plain, spoken, stream, cut, stop))
    return best


def _weigh(model: Model, tokens, plain, spoken, stream, start: int, end: int) -> np.ndarray:
    total, marks = model.bias.astype(float), set()
    for block in range(start, end, BLOCK):
        words, pairs = {}, set()
        for place in range(block, min(block + BLOCK, end)):
            words[tokens[place]] = tokens[place]
            marks.update(tokens[place].marks)
            before = BEGIN if stream.begins[place] else tokens[place - 1].look
            pairs.add((before, tokens[place].look))
            if stream.ends[place]:
                pairs.add((tokens[place].look, END))
            if plain[place][0].isalnum():
                at = spoken.index(place)
                after = [plain[each] for each in spoken[at : at + 8]]
                for rest, sort in terms_of_words().get(tuple(after[:2]), ()):
                    if after[2 : 2 + len(rest)] == rest:
                        marks.add(sort)
        counts = Counter(each for token in words.values() for each in (token.word, token.stem) if each)
        total += sum(
            model.word_weights[model.words[each]] * n for each, n in counts.items() if each in model.words
        )
        for left, right in pairs:
            if left in model.looks and right in model.looks:
                number = model.looks[left] * len(model.looks) + model.looks[right]
                total += model.pair_weights[model.pairs == number].sum(axis=0)
    return total + sum(model.mark_weights[model.marks[each]] for each in marks if each in model.marks)


@given(st.lists(TEXTS, min_size=1, max_size=5))
@example(["", "  ", "Soy diabética. Vivo en Pola 1466; " + "uno dos " * 30])
@example(["soy", "vecina"])
@example(["vecina", ". Marta"])
@example(["SE CORTÓ LA LUZ EN LA PLAZA. Marta Gómez avisó", "." * 40])
def test_many_texts_are_weighed_as_each_by_itself(texts: list[str]) -> None:
    together = classifier().score(pa.array(texts, pa.string()))
    for text, sums in zip(texts, together, strict=True):
        assert sums == pytest.approx(weigh_by_hand(text), abs=0.02)


@given(st.lists(TEXTS, min_size=1, max_size=8))
@example(["casa 1234, piso 3", "casa 999, piso 4", "casa 12345678"])
def test_texts_alike_but_for_numbers_are_told_apart_where_it_matters(texts: list[str]) -> None:
    sums = classifier().score(pa.array(texts, pa.string()))
    assert may_tell(pa.array(texts, pa.string())).tolist() == (sums > 0).any(axis=1).tolist()


UNHEARD = (
    ("health", "A la abuela del 3º B la dializan martes y jueves, dejar la rampa libre"),
    (
        "union",
        "Pidió el día porque el miércoles tiene congreso de delegadas del gremio docente, ella es congresal",
    ),
    ("religion", "No viene los sábados, la familia guarda el shabat"),
    ("criminal", "Cumple la domiciliaria con tobillera hasta marzo, no puede mudarse"),
    ("social", "Hace dos meses que no paga el alquiler de la pieza, la dueña la quiere desalojar"),
    ("origin", "Llegó de Potosí con los dos hijos y todavía no tiene la precaria"),
    ("child", "A Renzo, que está en segundo grado, lo retira el abuelo"),
)
INNOCENT = (
    "Servicio de diálisis: se recibieron cuatro sillones",
    "El gremio docente pide el patio para su asamblea",
    "Feria kosher en la plaza, cortar una mano",
    "Robo de cables en la zona, tres cuadras sin luz",
    "Comedores comunitarios: entrega de alimentos secos, listado por comuna",
    "Festival de la colectividad boliviana, avenida cerrada",
    "Segundo grado: faltan diez bancos",
)


@pytest.mark.parametrize(("kind", "text"), UNHEARD)
def test_what_a_sentence_tells_is_heard(kind: str, text: str) -> None:
    (found,) = find_kinds_in_cells([text])
    assert kind in found


@pytest.mark.parametrize("text", INNOCENT)
def test_the_same_words_about_nobody_pass(text: str) -> None:
    assert find_kinds_in_cells([text]) == [set()]


def test_a_rule_is_not_believed_of_a_text_that_says_nothing_of_anybody() -> None:
    text = "Señalética: faltan dos tornillos en la reja de la ventana del aula 5"
    assert judge_texts([text])[0].innocent
    assert find_kinds(text)
    assert find_kinds_in_cells([text]) == [set()]


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("mi celular es 11 3526 4083", {"phone"}),
        ("la paciente es diabética y toma insulina", {"health"}),
        ("Soy diabética. Vivo en Tinogasta 5190, depto. 3", {"health", "address"}),
        ("su marido le pega y la amenaza con un cuchillo", {"criminal"}),
    ],
)
def test_that_somebody_is_spoken_of_is_told_by_what_is_said_alone(text: str, kinds: set[str]) -> None:
    """It speaks for every kind: a telephone was told as thirteen."""
    assert find_kinds_in_cells([text]) == [kinds]


def test_words_are_forgotten_between_texts_and_not_within(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("validation.personal.classifier.model.KNOWN_WORDS", 3)
    forgetful = Classifier(classifier().model)
    texts = pa.array(["Soy diabética y vivo en Pola 1466", "la vecina es delegada de UTE"], pa.string())
    for _again in range(3):
        assert (forgetful.score(texts) == classifier().score(texts)).all()


def test_a_hash_is_one_sign_and_tells_nothing() -> None:
    """Letters and digits of a hash read as house numbers and blocks by chance: 33 of 8,000 did."""
    draw = random.Random(1)
    texts = [f"Obra {n} {draw.randbytes(40).hex()}" for n in range(3_000)]
    assert not may_tell(pa.array(texts)).any()


def test_names_of_places_are_not_heard_in_a_column_of_places() -> None:
    (found,) = find_kinds_in_cells(["Vive en Tinogasta 5190 depto. 3, fondo"])
    assert "address" in found
    (of_place,) = find_kinds_in_cells(["Tinogasta 5190 depto. 3, fondo"], of_place=True)
    assert not of_place & {"name", "address"}


def table(name: str, cells: dict[str, list[str]]) -> TableSample:
    seen = weigh_samples({at: (there, len(there)) for at, there in enumerate(cells.values())})
    columns = [Column(at, label, "", seen[at]) for at, label in enumerate(cells)]
    return TableSample(name, columns, dict(enumerate(cells.values())))


def test_a_column_is_known_by_its_company() -> None:
    persons = {
        "edad": ["34", "51", "28", "60"],
        "se identif. como": ["mujer", "varón", "mujer trans", "no binarie"],
        "voto_gral_23": ["UxP", "LLA", "en blanco", "JxC"],
        "barrio": ["Boedo", "Almagro", "Boedo", "Flores"],
    }
    assert hear_columns(table("encuesta-convivencia", persons)).asked == {1: "gender", 2: "politics"}
    counted = {
        "comuna": ["1", "2", "3"],
        "agrupacion": ["UxP", "LLA", "JxC"],
        "votos": ["18233", "21045", "9021"],
    }
    assert hear_columns(table("resultados-por-comuna", counted)).asked == {}


def test_a_label_that_says_nothing_is_heard_beside_persons() -> None:
    children = table(
        "comedor",
        {
            "nombre": ["Luz Paz", "Ema Sosa", "Teo Ruiz", "Uma Vega"],
            "sala": ["verde", "roja", "verde", "azul"],
            "x3": ["sin TACC", "diabética", "-", "celíaco"],
        },
    )
    assert hear_columns(children).asked == {0: "name", 2: "health"}


def test_who_made_a_work_is_no_person_that_is_asked_about() -> None:
    works = table(
        "funciones",
        {
            "obra": ["La nona", "Macbeth", "Locos de verano", "Terrenal"],
            "director": ["Carlos Gorostiza", "Ricardo Bartís", "Rubén Szuchmacher", "Mauricio Kartun"],
            "sala": ["San Martín", "Regio", "Sarmiento", "Alvear"],
        },
    )
    heard = hear_columns(works)
    assert heard.asked == {}
    assert heard.strength[1] < DOUBT
