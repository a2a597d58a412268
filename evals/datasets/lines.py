"""Files of a data set, line by line, plain or gzipped; errors name the line."""

import gzip
import os
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from citespan.decoding import json_decoder
from citespan.evals.errors import DatasetError

T = TypeVar("T")

TSV_HEADER = "query-id\tcorpus-id\tscore"
_GZIP_MAGIC = b"\x1f\x8b"
_GRADE = re.compile(r"-?[0-9]{1,9}")
_SHOWN = 40


def refused(file: Path, line: int | None, problem: str) -> DatasetError:
    """Return the error that names the place; `problem` says what is wrong and how to correct it."""
    place = f"{file}, line {line}" if line else f"{file}"
    return DatasetError(f"{place}: {problem}")


def found(folder: Path, name: str) -> Path | None:
    """Return the file of that name, or its gzipped form.

    Raises:
        DatasetError: the name is a folder, a link to nothing, or no regular file.
    """
    for file in (folder / name, folder / f"{name}.gz"):
        if file.is_file():
            return file
        if os.path.lexists(file):
            raise refused(file, None, "not a file that can be read; put a regular file there")
    return None


def read_rows(file: Path, kind: type[T]) -> Iterator[tuple[int, T]]:
    """Yield the objects of a JSON Lines file with their line numbers; blank lines are skipped.

    Raises:
        DatasetError: a line is not UTF-8, not JSON, or not such an object.
    """
    decoder = json_decoder(kind)
    for number, line in read_lines(file):
        if not line.strip():
            continue
        try:
            yield number, decoder.decode(line)
        except msgspec.ValidationError as error:
            raise refused(file, number, f"{error}; correct or add that field") from error
        except RecursionError as error:
            problem = "nested too deeply; leave out what the format does not ask for"
            raise refused(file, number, problem) from error
        except msgspec.DecodeError as error:
            problem = f"not JSON ({error}); put exactly one JSON object on each line"
            raise refused(file, number, problem) from error


def read_scores(file: Path) -> Iterator[tuple[int, str, str, int]]:
    """Yield the rows of a relevance file: line number, query id, document id, grade.

    Raises:
        DatasetError: there is no header, a row has not three columns, or a grade is no integer.
    """
    lines = read_lines(file)
    if (header := next(lines, (1, ""))[1].rstrip("\r")) != TSV_HEADER:
        shown = TSV_HEADER.replace("\t", "<tab>")
        raise refused(file, 1, f"the header is {header!r}; the first line must be {shown}")
    for number, line in lines:
        if not line.strip():
            continue
        columns = line.rstrip("\r").split("\t")
        if len(columns) != 3:
            problem = f"{len(columns)} columns; give query id, document id and score, tabs between"
            raise refused(file, number, problem)
        yield number, columns[0], columns[1], _grade(file, number, columns[2])


def _grade(file: Path, number: int, score: str) -> int:
    if not _GRADE.fullmatch(score):
        problem = f"the score {score[:_SHOWN]!r} is no integer; grades are 0, 1, 2 and so on"
        raise refused(file, number, problem)
    grade = int(score)
    if grade < 0:
        raise refused(file, number, f"the score {grade} is below 0; write 0 for not relevant")
    return grade


def read_lines(file: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines with their numbers, split at LF only: U+2028 and its like are text.

    Raises:
        DatasetError: the file cannot be read, is damaged, or is not UTF-8.
    """
    number = 0
    try:
        with file.open("rb") as raw:
            zipped = raw.read(2) == _GZIP_MAGIC
        with gzip.open(file) if zipped else file.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                yield number, line.decode().removesuffix("\n")
    except UnicodeDecodeError as error:
        problem = f"not valid UTF-8 at byte {error.start} of the line; save the file as UTF-8"
        raise refused(file, number, problem) from error
    except (OSError, EOFError, zlib.error) as error:
        raise refused(file, None, f"cannot be read: {error}; check or fetch it again") from error
