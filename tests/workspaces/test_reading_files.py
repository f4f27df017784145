"""Files as people have them: other encodings, stray quotation marks, no rows, too many columns."""

import pytest

from troth.workspaces.reading_files import (
    MOST_COLUMNS,
    Format,
    Row,
    Unreadable,
    columns_of,
    guess,
    rows,
)  # fmt: skip

WORDS = "Name;Straße\nZoë;Allée\nJürgen;Gänseweg\n"


def read(data: bytes, known: Format | None = None) -> tuple[list[str], list[Row]]:
    known = known or guess(data, is_whole=True)
    columns = columns_of([data], known)
    # In pieces of seven bytes: letters and line ends are cut apart.
    return columns, list(rows((data[at : at + 7] for at in range(0, len(data), 7)), known, columns))


@pytest.mark.parametrize(
    "data",
    [
        WORDS.encode(), b"\xef\xbb\xbf" + WORDS.encode(), WORDS.encode("cp1252"), WORDS.encode("utf-16"),
        WORDS.encode("utf-16-le"), b"\xfe\xff" + WORDS.encode("utf-16-be"), WORDS.replace("\n", "\r\n").encode(),
        WORDS.replace("\n", "\r").encode(), WORDS.replace(";", "\t").encode(), WORDS.replace(";", "|").encode(),
    ],
)  # fmt: skip
def test_encoding_and_separator_are_found(data: bytes) -> None:
    assert read(data) == (
        ["Name", "Straße"], [Row(2, ["Zoë", "Allée"]), Row(3, ["Jürgen", "Gänseweg"])]
    )  # fmt: skip


def test_a_comma_within_cells_is_not_taken_for_the_separator() -> None:
    assert guess(b'Name;Note\nA;"x, y, z"\nB;"x, y"\n', is_whole=True).delimiter == ";"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"  \n\n",
        b"\xef\xbb\xbf",
        b"\x00" * 900,
        bytes(range(256)) * 9,
        b"PK\x03\x04" + bytes(range(32)) * 40,
    ],
)
def test_what_is_no_text_is_told_at_once(data: bytes) -> None:
    with pytest.raises(Unreadable):
        guess(data, is_whole=True)


def test_ten_thousand_columns_are_too_many() -> None:
    data = b",".join(b"c%d" % n for n in range(10_000)) + b"\n"
    with pytest.raises(Unreadable, match=f"10,000 columns, and {MOST_COLUMNS}"):
        columns_of([data], Format())


def test_equal_and_empty_names_are_told_apart() -> None:
    assert read(b"Name,name,,Name\n1,2,3,4\n")[0] == ["Name", "name (2)", "Column 3", "Name (3)"]
    assert read(b"1,2\n3,4\n", Format(has_header=False)) == (
        ["Column 1", "Column 2"],
        [Row(1, ["1", "2"]), Row(2, ["3", "4"])],
    )


def test_a_stray_quotation_mark_spoils_its_own_row_only() -> None:
    _, found = read(b'a,b\n1,"two\n3,4\n"x"y,5\n6,"7\n8"\n9,10\n', Format())
    good = [(row.number, row.cells) for row in found if not row.fault]
    assert [cells for _, cells in good] == [["3", "4"], ["6", "7\n8"], ["9", "10"]]
    assert [row.cells for row in found if row.fault] == [['1,"two'], ['"x"y,5']]


def test_a_file_of_quotation_marks_ends_soon() -> None:
    data = b'"\n' * 200_000
    assert 0 < len(list(rows([data], Format(has_header=False), ["a"]))) < 200_000


def test_a_row_that_is_longer_than_the_header_is_told_and_a_shorter_one_is_not() -> None:
    _, found = read(b"a,b\n1\n1,2,3\n1,2,,\n", Format())
    assert [bool(row.fault) for row in found] == [False, True, False]


def test_bytes_of_another_encoding_spoil_their_own_row_only() -> None:
    _, found = read("a,b\nZoë,1\n".encode() + "Jürgen,2\n".encode("cp1252") + b"Ann,3\n")
    assert [bool(row.fault) for row in found] == [False, True, False]


def test_a_line_without_end_is_no_text_of_rows() -> None:
    with pytest.raises(Unreadable):
        list(rows([b"a,b\n", *([b"x" * 65_536] * 40)], Format(), ["a", "b"]))


def test_json_lines_keep_their_digits_and_say_what_they_cannot_hold() -> None:
    data = b'{"a": 1.10, "b": null}\n\n{"b": true, "a": 12345678901234567890}\n[1]\n{"a": {"x": 1}}\n'
    data += b'{"c": 1}\n{"a": NaN}\n'
    columns, found = read(data)
    assert columns == ["a", "b", "c"]
    assert [row.cells for row in found if not row.fault] == [
        ["1.10", "", ""],
        ["12345678901234567890", "true", ""],
        ["", "", "1"],
    ]
    assert [row.number for row in found if row.fault] == [4, 5, 7]


def test_json_of_any_depth_is_one_wrong_line() -> None:
    data = b'{"a": "b"}\n{"a": ' + b"[" * 100_000 + b"\n" + b'{"a": "\\ud800"}\n'
    assert [bool(row.fault) for row in read(data)[1]] == [False, True, True]
