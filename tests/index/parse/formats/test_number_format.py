"""Numbers and dates as spreadsheets show them."""

import pytest

from citespan.index.parse.formats.date_format import general, moment_of
from citespan.index.parse.formats.number_format import shown


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (0.12, "0%", "12%"),
        (0.1256, "0.0%", "12.6%"),
        (1234.5, "#,##0.00", "1,234.50"),
        (1234567, "#,##0", "1,234,567"),
        (-5, "#,##0;(#,##0)", "(5)"),
        (-5, "#,##0", "-5"),
        (0, '0;-0;"zero"', "zero"),
        (0, "0;-0;;@", ""),
        (7, "000", "007"),
        (0.5, "#.##", ".5"),
        (3.14159, "#.##", "3.14"),
        (3, "#.##", "3"),
        (2.5, "0", "3"),
        (2.675, "0.00", "2.68"),
        (1234567, '0.0,,"M"', "1.2M"),
        (5, '"Q"0', "Q5"),
        (5, r"0\ kg", "5 kg"),
        (3, "[$€-407] #,##0.00", "€ 3.00"),
        (3, "[Red]0", "3"),
        (-1234, "_(* #,##0_);_(* (#,##0)", "(1,234)"),
        (123456789, r"000\-00\-0000", "123-45-6789"),
        (12345, "0.00E+00", "1.23E+04"),
        (0.5, "# ?/?", "1/2"),
        (2.25, "# ?/?", "2 1/4"),
        (200, '[>100]"high";"low"', "high"),
        (2, '[>100]"high";"low"', "low"),
        (5, "@", "5"),
        (1.5, "General", "1.5"),
        (43831, "yyyy-mm-dd", "2020-01-01"),
        (43831, "d mmmm yyyy", "1 January 2020"),
        (43831, "ddd d-mmm-yy", "Wed 1-Jan-20"),
        (43831.5, "m/d/yy h:mm AM/PM", "1/1/20 12:00 PM"),
        (0.75, "h:mm:ss", "18:00:00"),
        (0.0208333333, "mm:ss", "30:00"),
        (1.5, "[h]:mm", "36:00"),
        (60, "yyyy-mm-dd", "1900-02-28"),
        (1, "yyyy-mm-dd", "1900-01-01"),
        (-1, "yyyy-mm-dd", "-1"),
        (9e9, "yyyy-mm-dd", "9000000000"),
    ],
)
def test_a_format_shows(value: float, code: str, text: str):
    assert shown(value, code) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5.0, "5"),
        (-5.0, "-5"),
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.33333333333"),
        (1e20, "1E+20"),
        (123456789012.0, "123456789012"),
        (0.120564344, "0.120564344"),
        (float("nan"), "nan"),
    ],
)
def test_a_number_without_a_format_shows(value: float, text: str):
    assert general(value) == text


def test_days_count_from_two_epochs():
    assert str(moment_of(43831)) == "2020-01-01 00:00:00"
    assert str(moment_of(42369, since_1904=True)) == "2020-01-01 00:00:00"
    assert moment_of(-1) is None
    assert moment_of(3e6) is None
