"""Shapes of text that no limit may break on: each a function from a length to a text."""

import base64
import json
import random
from collections.abc import Callable, Iterator
from itertools import count
from typing import TypeAlias

Shape: TypeAlias = Callable[[int], str]  # from code points to a text of as many, or a few less

PROSE = (
    "The harbour was dredged in 1931 and again in 1968. Ships of up to 9 metres draught may enter,"
    " but only at high tide. Dr. Berg of the U.S. survey said: “It will silt up.” "
)


def _repeated(unit: str) -> Shape:
    return lambda length: (unit * (length // len(unit) + 1))[:length]


def _joined(parts: Callable[[random.Random], Iterator[str]], separator: str = "") -> Shape:
    """A shape of endless parts, the same each time."""

    def shape(length: int) -> str:
        found: list[str] = []
        size = 0
        for part in parts(random.Random(7)):  # noqa: S311  (the same each time)
            found.append(part)
            size += len(part) + len(separator)
            if size > length:
                break
        return separator.join(found)[:length]

    return shape


def _drawn(alphabet: str) -> Shape:
    return _joined(lambda rng: ("".join(rng.choices(alphabet, k=64)) for _ in count()))


def _words(alphabet: str, shortest: int, longest: int, separator: str = " ") -> Shape:
    def words(rng: random.Random) -> Iterator[str]:
        while True:
            yield "".join(rng.choices(alphabet, k=rng.randint(shortest, longest)))

    return _joined(words, separator)


def _numbered(form: str) -> Shape:
    return _joined(lambda _: (form.format(n=n, m=n * 7919 % 1000) for n in count(1)))


def _base64(rng: random.Random) -> Iterator[str]:
    while True:
        yield base64.b64encode(rng.randbytes(57)).decode()


def _records(rng: random.Random) -> Iterator[str]:
    for n in count():
        row = {"id": n, "name": f"svc-{n}", "tags": ["a", "b"], "timeout_s": rng.randint(1, 99)}
        yield json.dumps(row, separators=(",", ":"))


def _nested(opening: str, closing: str, inner: str) -> Shape:
    def shape(length: int) -> str:
        depth = max(1, (length - len(inner)) // (len(opening) + len(closing)))
        return (opening * depth + inner + closing * depth)[:length]

    return shape


def _items(_: random.Random) -> Iterator[str]:
    for n in count():
        yield "  " * (n % 40) + f"- item {n} of the list\n"


_LATIN = "abcdefghijklmnopqrstuvwxyz"
_FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
_THAI = "การประชุมครั้งนี้จัดขึ้นเพื่อหารือเรื่องการค้าระหว่างประเทศและความร่วมมือในภูมิภาค"
_LAO = "ກອງປະຊຸມຄັ້ງນີ້ຈັດຂຶ້ນເພື່ອປຶກສາຫາລືກ່ຽວກັບການຄ້າລະຫວ່າງປະເທດ"
_KHMER = "កិច្ចប្រជុំនេះត្រូវបានរៀបចំឡើងដើម្បីពិភាក្សាអំពីពាណិជ្ជកម្ម"
_BURMESE = "ဤအစည်းအဝေးကိုကုန်သွယ်မှုအကြောင်းဆွေးနွေးရန်ကျင်းပခဲ့သည်"

SHAPES: dict[str, Shape] = {
    # scripts, with and without their stops
    "prose": _repeated(PROSE),
    "thai without a space": _repeated(_THAI),
    "thai clauses": _repeated(f"{_THAI[:31]} {_THAI[31:70]} "),
    "lao": _repeated(_LAO),
    "khmer": _repeated(_KHMER),
    "khmer sentences": _repeated(f"{_KHMER}។"),
    "burmese": _repeated(_BURMESE),
    "burmese sentences": _repeated(f"{_BURMESE}။"),
    "tibetan": _repeated("བོད་ཀྱི་ཡིག་གེའི་ལོ་རྒྱུས་"),
    "tibetan shads": _repeated("བོད་ཀྱི་ཡིག་གེ། །ལོ་རྒྱུས། །"),
    "chinese": _repeated("会议讨论了国际贸易与区域合作的问题。代表们同意明年再次会面！"),
    "chinese without stops": _repeated("会议讨论了国际贸易与区域合作的问题代表们同意明年"),
    "japanese": _repeated(
        "会議では国際貿易と地域協力について話し合われた。「来年また会おう。」と彼は言った。"
    ),
    "katakana": _repeated("インターナショナルコンファレンスセンター"),
    "korean": _repeated("회의에서는 국제 무역과 지역 협력을 논의했다. "),
    "korean without a space": _repeated("회의에서는국제무역과지역협력을논의했다"),
    "conjoining hangul": _repeated("\u1112\u116c\u110b\u1174"),
    "hindi": _repeated("बैठक में अंतरराष्ट्रीय व्यापार पर चर्चा हुई। सभी सहमत थे। "),
    "hindi without a space": _repeated("अंतरराष्ट्रीयव्यापार"),
    "tamil": _repeated("கூட்டத்தில் வர்த்தகம் பற்றி விவாதிக்கப்பட்டது. "),
    "amharic": _repeated("ስብሰባው ስለ ንግድ ተወያየ። ሁሉም ተስማሙ። "),
    "armenian": _repeated("Ժողովը քննարկեց առևտուրը։ Բոլորը համաձայնեցին։ "),
    "georgian": _repeated("შეხვედრაზე ვაჭრობა განიხილეს. "),
    "russian": _repeated("На встрече обсудили торговлю. Все согласились. "),
    "greek": _repeated("Συζήτησαν το εμπόριο; Ναι. Όλοι συμφώνησαν· "),
    "german compounds": _repeated("Donaudampfschifffahrtselektrizitätenhauptbetriebswerk"),
    "arabic": _repeated("ناقش الاجتماع التجارة الدولية. هل وافقوا؟ نعم، وافقوا. "),
    "urdu": _repeated("اجلاس میں تجارت پر بات ہوئی۔ سب متفق تھے۔ "),
    "hebrew": _repeated("בפגישה דנו בסחר. כולם הסכימו. "),
    "pointed hebrew": _repeated("בְּרֵאשִׁית בָּרָא אֱלֹהִים "),
    "mixed directions": _repeated("Berg אמר \u202bשלום\u202c and נכון. "),
    "cuneiform": _repeated("𒀀𒁀𒂀𒃀𒄀"),
    "mongolian": _repeated("ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ᠃ "),
    # clusters
    "emoji": _repeated("😀🚀🎉"),
    "families": _repeated(_FAMILY),
    "flags": _repeated("🇺🇾🇨🇳"),
    "skin tones": _repeated("👍🏽👩🏿\u200d🚀"),
    "joined for ever": _repeated("😀\u200d"),
    "marks on each letter": _repeated("a\u0301\u0323e\u0302"),
    "marks on one letter": lambda length: "a" + "\u0301" * (length - 1),
    "marks on spaces": _repeated(" \u0301"),
    "zalgo": _joined(
        lambda rng: (
            letter + "".join(chr(rng.randint(0x300, 0x36F)) for _ in range(rng.randint(5, 40)))
            for letter in _LATIN * 10_000
        )
    ),
    "variation selectors": _repeated("❤\ufe0f☎\ufe0e"),
    "zero width": _repeated("\u200b\u200c\u2060"),
    "soft hyphens": _repeated("in\u00adter\u00adna\u00adtion\u00adal "),
    "private use": _repeated("\ue000\ue001"),
    "wide letters": _repeated("ＡＢＣ１２３．"),
    # white space and control characters
    "long blanks": lambda length: "a" + " " * (length - 2) + "b",
    "blanks between": _repeated("word" + " " * 300),
    "tabs": _repeated("name\tvalue\tunit\t"),
    "blank lines": _repeated("line\n\n\n\n\n\n\n\n"),
    "carriage returns": _repeated("a line of Windows.\r\n"),
    "line separators": _repeated("a line\u2028another\u2029"),
    "control characters": _repeated("\x01\x02\x07\x1b[31mred\x1b[0m"),
    "form feeds": _repeated("a page of text\x0c"),
    # runs
    "one letter": _repeated("x"),
    "one full stop": _repeated("."),
    "one-word sentences": _repeated("Yes. "),
    "abbreviations": _repeated("e.g. U.S. Dr. No. "),
    "ellipses": _repeated("… and so on ... "),
    "question marks": _repeated("?!"),
    "quotation marks": _repeated("\"a\" 'b' “c” "),
    "opening brackets": _repeated("("),
    "nested brackets": _nested("(a ", ")", "b"),
    "digits": _drawn("0123456789"),
    "decimals": _words("0123456789.", 3, 9),
    # code and data
    "hexadecimal": _drawn("0123456789abcdef"),
    "base64": _joined(_base64),
    "data address": lambda length: ("data:image/png;base64," + _joined(_base64)(length))[:length],
    "long address": _numbered("https://example.org/a{n}/b?c={m}&d=%20"),
    "minified script": _numbered("function f{n}(a,b){{return a>b?a:b+{m}}}var x{n}=f{n}(1,2);"),
    "minified styles": _numbered(".c{n}{{margin:0;padding:{m}px}}"),
    "json on one line": _joined(_records, ","),
    "nested json": _nested('{"a":[', "]}", "1"),
    "json lines": _joined(_records, "\n"),
    "html soup": _repeated('<div class="x"><p>A <b>bold<p>word</div>&nbsp;'),
    "csv": _numbered("{n};part {n};{m};steel\n"),
    "log": _numbered("2026-01-02T03:04:05Z INFO request={n} status=200 took_ms={m}\n"),
    # Markdown
    "links begun": _repeated("[x]("),
    "nested list": _joined(_items),
    "nested quotes": _joined(lambda _: (">" * (n % 60) + " said\n" for n in count())),
    "code fence": _numbered("```\nfor i in range({n}):\n    print(i + {m})\n```\n"),
    "emphasis": _repeated("**_a_**"),
    "wide table": lambda length: (
        "|" + "".join(f" column {n} |" for n in range(length // 9)) + "\n" + "|---" * length
    )[:length],
    "table": _numbered("| KX-{n} | rubber | {m} | 9.92 |\n"),
}
