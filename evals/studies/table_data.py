"""Twelve tables of 25 rows with 110 questions, each about one cell.

The chemical elements and the states of the USA are facts; the other values are drawn with a fixed
seed. No question uses the exact label of its column only, for people do not know the labels.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

ROWS = 25
_QUESTIONS = 110

_ELEMENTS = """Hydrogen H 1 1.008 1766|Helium He 2 4.0026 1868|Lithium Li 3 6.94 1817
Beryllium Be 4 9.0122 1798|Boron B 5 10.81 1808|Nitrogen N 7 14.007 1772|Oxygen O 8 15.999 1774
Fluorine F 9 18.998 1886|Neon Ne 10 20.180 1898|Sodium Na 11 22.990 1807
Magnesium Mg 12 24.305 1755|Aluminium Al 13 26.982 1825|Silicon Si 14 28.085 1824
Phosphorus P 15 30.974 1669|Chlorine Cl 17 35.45 1774|Argon Ar 18 39.95 1894
Potassium K 19 39.098 1807|Calcium Ca 20 40.078 1808|Scandium Sc 21 44.956 1879
Titanium Ti 22 47.867 1791|Vanadium V 23 50.942 1801|Chromium Cr 24 51.996 1797
Manganese Mn 25 54.938 1774|Cobalt Co 27 58.933 1735|Nickel Ni 28 58.693 1751"""
_STATES = """Alabama,Montgomery,1819|Alaska,Juneau,1959|Arizona,Phoenix,1912
Arkansas,Little Rock,1836|California,Sacramento,1850|Colorado,Denver,1876
Connecticut,Hartford,1788|Delaware,Dover,1787|Florida,Tallahassee,1845|Georgia,Atlanta,1788
Hawaii,Honolulu,1959|Idaho,Boise,1890|Illinois,Springfield,1818|Indiana,Indianapolis,1816
Iowa,Des Moines,1846|Kansas,Topeka,1861|Kentucky,Frankfort,1792|Louisiana,Baton Rouge,1812
Maine,Augusta,1820|Maryland,Annapolis,1788|Massachusetts,Boston,1788|Michigan,Lansing,1837
Minnesota,Saint Paul,1858|Mississippi,Jackson,1817|Missouri,Jefferson City,1821"""
_FIRST = [
    "Ada", "Bruno", "Carla", "Dmitri", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jonas",
    "Karin", "Luis", "Mona",
]  # fmt: skip
_LAST = [
    "Abbott", "Brandt", "Castillo", "Dahl", "Eriksen", "Fontaine", "Gruber", "Haddad", "Ivanov",
    "Jensen", "Keller",
]  # fmt: skip
_PLACES = [
    "Ashford", "Brinton", "Calverley", "Dunmore", "Eastham", "Farnley", "Glenroy", "Harwick",
    "Ilmere", "Jarrow", "Kelbrook", "Lowden", "Marsett", "Norbury", "Oakley", "Penhurst",
    "Quarndon", "Redmire", "Silsden", "Thornby", "Ulverley", "Verwood", "Wexcombe", "Yarnton",
    "Zeal",
]  # fmt: skip
_GOODS = """hammer,chisel,torch,ladder,bucket,spanner,drill,sander,trowel,wheelbarrow,padlock,hinge
extension cord,paint roller,tape measure,hacksaw,crowbar,staple gun,spirit level,pliers,rivet
glue stick,sandpaper,rope,tarpaulin""".replace("\n", ",").split(",")


@dataclass(frozen=True, slots=True, kw_only=True)
class CellQuestion:
    """A question about the cell of a table in `row` and `column`, both 1-based as in the file."""

    question: str
    answer: str
    row: int
    column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyTable:
    """A table: its title, the labels of its columns, its rows, and questions about them."""

    title: str
    labels: Sequence[str]
    rows: Sequence[Sequence[str]]
    asked: Sequence[CellQuestion]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a table is made; `ways` ask for a column, by its number from 0, of the row `{0}`."""

    title: str
    labels: Sequence[str]
    row: Callable[[int, random.Random], Sequence[str]]
    ways: Sequence[tuple[int, str]]


def tables() -> list[StudyTable]:
    """Return the tables; each call returns the same ones."""
    each, more = divmod(_QUESTIONS, len(_PLANS))
    return [_made(plan, at, each + (at < more)) for at, plan in enumerate(_PLANS)]


def _made(plan: _Plan, seed: int, questions: int) -> StudyTable:
    chance = random.Random(seed)  # noqa: S311  (the same tables each time)
    rows = [plan.row(number, chance) for number in range(ROWS)]
    return StudyTable(
        title=plan.title,
        labels=plan.labels,
        rows=rows,
        asked=list(_asked(plan, rows, questions)),
    )


def _asked(plan: _Plan, rows: Sequence[Sequence[str]], questions: int) -> Iterator[CellQuestion]:
    for at in range(questions):
        column, way = plan.ways[at % len(plan.ways)]
        number = (7 * at + 3) % ROWS  # 7 and 25 have no common factor: no row twice
        row = rows[number]
        yield CellQuestion(
            question=way.format(row[0]), answer=row[column], row=number + 2, column=column + 1
        )


def _person(at: int) -> str:
    return f"{_FIRST[at % len(_FIRST)]} {_LAST[at % len(_LAST)]}"


def _state(at: int, chance: random.Random) -> Sequence[str]:
    name, capital, year = _STATES.replace("\n", "|").split("|")[at].split(",")
    return name, capital, year, str(chance.randint(4, 52)), f"{chance.uniform(2, 9):.1f}%"


def _day(chance: random.Random) -> str:
    return f"2024-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"


def _pick(chance: random.Random, words: str) -> str:
    return chance.choice(words.split())


_PLANS = [
    _Plan(
        "Chemical elements",
        ["Element", "Symbol", "Atomic number", "Atomic weight", "Discovered"],
        lambda at, _: _ELEMENTS.replace("\n", "|").split("|")[at].split(" "),
        [
            (1, "What is the symbol of {0}?"),
            (2, "What is the atomic number of {0}?"),
            (3, "What is the atomic weight of {0}?"),
            (4, "In which year was {0} discovered?"),
        ],
    ),
    _Plan(
        "States of the United States",
        ["State", "Capital", "Admitted", "Electoral votes (sample)", "Unemployment (sample)"],
        _state,
        [
            (1, "What is the capital of {0}?"),
            (2, "When was {0} admitted to the Union?"),
            (3, "How many electoral votes does {0} have?"),
            (4, "What is the unemployment rate in {0}?"),
        ],
    ),
    _Plan(
        "Staff of the northern office",
        ["Name", "Department", "Extension", "Room", "Start date", "Salary"],
        lambda at, chance: [
            _person(at), _pick(chance, "Finance Legal Research Support Sales"),
            str(4100 + 17 * at), f"{chance.choice('ABC')}{chance.randint(100, 399)}",
            _day(chance), f"${chance.randint(38, 96)},{chance.randint(100, 999)}",
        ],
        [
            (1, "Which department does {0} work in?"),
            (2, "What is the phone extension of {0}?"),
            (3, "In which room does {0} sit?"),
            (4, "When did {0} start?"),
            (5, "What is the salary of {0}?"),
        ],
    ),
    _Plan(
        "Warehouse stock",
        ["Item", "SKU", "Qty on hand", "Reorder level", "Unit price", "Supplier"],
        lambda at, chance: [
            _GOODS[at], f"WH-{1000 + 37 * at}", str(chance.randint(0, 480)),
            str(chance.randrange(10, 90, 5)), f"${chance.uniform(2, 90):.2f}",
            f"{chance.choice(_LAST)} & Sons",
        ],
        [
            (1, "What is the SKU of the {0}?"),
            (2, "How many of the {0} are in stock?"),
            (3, "At what level is the {0} reordered?"),
            (4, "What does one {0} cost?"),
            (5, "Who supplies the {0}?"),
        ],
    ),
    _Plan(
        "Weather stations in 2023",
        ["Station", "Elevation (m)", "Mean temperature (°C)", "Rainfall (mm)", "Sunshine (h)"],
        lambda at, chance: [
            _PLACES[at], str(chance.randint(3, 890)), f"{chance.uniform(5, 14):.1f}",
            str(chance.randint(480, 1900)), str(chance.randint(1100, 2100)),
        ],
        [
            (1, "How high above the sea is the station at {0}?"),
            (2, "What was the mean temperature at {0}?"),
            (3, "How much rain fell at {0}?"),
            (4, "How many hours of sunshine did {0} have?"),
        ],
    ),
    _Plan(
        "Railway timetable",
        ["Stop", "Platform", "Arrives", "Departs", "Distance (km)"],
        lambda at, chance: [
            _PLACES[at], str(chance.randint(1, 9)), f"{6 + at // 2:02}:{10 + 30 * (at % 2):02}",
            f"{6 + at // 2:02}:{14 + 30 * (at % 2):02}", f"{11.3 * at:.1f}",
        ],
        [
            (1, "From which platform does the train at {0} leave?"),
            (2, "When does the train arrive at {0}?"),
            (3, "At what time does the train leave {0}?"),
            (4, "How far down the railway line is {0}?"),
        ],
    ),
    _Plan(
        "Library loans",
        ["Reader", "Card", "Book", "Due", "Fine"],
        lambda at, chance: [
            _person(at + 3), f"L{52000 + 91 * at}",
            f"The {_pick(chance, 'Silent Golden Broken Distant Hidden Last')} "
            f"{_pick(chance, 'River Garden Harbour Winter Letter Orchard')}",
            _day(chance), f"${chance.uniform(0, 6):.2f}",
        ],
        [
            (1, "What is the card number of {0}?"),
            (2, "Which book has {0} borrowed?"),
            (3, "When must {0} return the book?"),
            (4, "What fine does {0} owe?"),
        ],
    ),
    _Plan(
        "Exam results of the spring term",
        ["Student", "Mathematics", "Chemistry", "History", "Absences", "Tutor"],
        lambda at, chance: [
            _person(at + 7), *(str(chance.randint(41, 99)) for _ in range(3)),
            str(chance.randint(0, 14)), f"Dr. {chance.choice(_LAST)}",
        ],
        [
            (1, "What mark did {0} get in mathematics?"),
            (2, "How many points did {0} score in chemistry?"),
            (3, "What was {0}'s result in history?"),
            (4, "How often was {0} absent?"),
            (5, "Who is the tutor of {0}?"),
        ],
    ),
    _Plan(
        "Invoices of March",
        ["Customer", "Invoice no.", "Date", "Net amount", "VAT", "Status"],
        lambda at, chance: [
            f"{_PLACES[at]} Ltd", f"INV-{7000 + 13 * at}", f"2024-03-{1 + at:02}",
            f"€{chance.randint(1, 9)},{chance.randint(100, 999)}.{chance.randint(10, 99)}",
            f"€{chance.randint(100, 999)}.{chance.randint(10, 99)}",
            _pick(chance, "paid open overdue disputed"),
        ],
        [
            (1, "What is the number of the invoice to {0}?"),
            (2, "On what date was {0} invoiced?"),
            (3, "What is the net amount of the invoice to {0}?"),
            (4, "How much VAT is on the invoice to {0}?"),
            (5, "What is the status of the invoice to {0}?"),
        ],
    ),
    _Plan(
        "Wind farms",
        ["Farm", "Operator", "Turbines", "Capacity (MW)", "Commissioned", "Output 2023 (GWh)"],
        lambda at, chance: [
            f"{_PLACES[at]} Moor", f"{chance.choice(_LAST)} Energy", str(chance.randint(4, 60)),
            f"{chance.uniform(8, 190):.1f}", str(chance.randint(1998, 2022)),
            str(chance.randint(30, 610)),
        ],
        [
            (1, "Who operates {0}?"),
            (2, "How many turbines does {0} have?"),
            (3, "What is the capacity of {0}?"),
            (4, "In which year was {0} commissioned?"),
            (5, "How much electricity did {0} produce in 2023?"),
        ],
    ),
    _Plan(
        "Servers",
        ["Host", "IP address", "Memory (GB)", "Operating system", "Owner"],
        lambda at, chance: [
            f"{_PLACES[at].lower()}-{at + 1:02}", f"10.4.{at}.{chance.randint(2, 250)}",
            str(2 ** chance.randint(3, 9)), _pick(chance, "Debian Ubuntu Fedora FreeBSD Windows"),
            _person(at + 5),
        ],
        [
            (1, "What is the IP address of {0}?"),
            (2, "How much memory does {0} have?"),
            (3, "Which operating system runs on {0}?"),
            (4, "Who owns {0}?"),
        ],
    ),
    _Plan(
        "Football league",
        ["Club", "Manager", "Won", "Drawn", "Lost", "Stadium capacity"],
        lambda at, chance: [
            f"{_PLACES[at]} United", _person(at + 9), str(chance.randint(2, 24)),
            str(chance.randint(1, 12)), str(chance.randint(1, 20)),
            f"{chance.randint(4, 61)},{chance.randint(100, 999)}",
        ],
        [
            (1, "Who manages {0}?"),
            (2, "How many matches did {0} win?"),
            (3, "How many of its games did {0} draw?"),
            (4, "How often did {0} lose?"),
            (5, "How many spectators does the stadium of {0} hold?"),
        ],
    ),
]  # fmt: skip
