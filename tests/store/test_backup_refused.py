"""A backup that was damaged, edited or made for others is refused, and nothing is touched."""

import io
import random
import tarfile

import pytest

from geo_reports.errors import GeoReportsError, InputError, KeyProblem, SchemaTooNew, StoreError
from geo_reports.store.backup import make_key, open_backup_key
from geo_reports.store.backup.sealed import PIECE_BYTES, TAG_BYTES, SealedReader, SealedWriter, key_finder, key_id
from geo_reports.store.backup.unpack import DAMAGED
from tests.store.site import KEY, bring_back, files_under, fill, make_backup, site

OTHER = bytes(reversed(KEY))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Bytes of a good backup."""
    folder = tmp_path_factory.mktemp("whole")
    fill(site(folder / "here"), size=20_000).close()
    return make_backup(site(folder / "here"), folder / "a.backup").file.read_bytes()


def parts(raw):
    """First line and pieces of a sealed file."""
    line, _, rest = raw.partition(b"\n")
    step = PIECE_BYTES + TAG_BYTES
    return [line + b"\n", *(rest[i : i + step] for i in range(0, len(rest), step))]


def refused(raw, folder, match, key=KEY, problem=StoreError):
    """Restore these bytes; the place must stay as it was, and the sentence say what is the matter."""
    file = folder / "a.backup"
    file.write_bytes(raw)
    before = files_under(folder)
    with pytest.raises(problem, match=match):
        bring_back(file, site(folder / "there"), key)
    assert files_under(folder) == before


def sealed(members):
    """Seal an archive that this program would not write."""
    file, archive = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, data in members:
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    writer = SealedWriter(file, KEY)
    writer.write(archive.getvalue())
    writer.close()
    return file.getvalue()


def opened(raw):
    """Members of a good backup."""
    reader = SealedReader(io.BytesIO(raw), "it", key_finder(KEY, "it", "it"))
    with tarfile.open(fileobj=io.BytesIO(reader.read(len(raw)))) as tar:
        return [(entry.name, tar.extractfile(entry).read()) for entry in tar]


def test_a_hundred_flips_and_cuts_are_all_refused(whole, tmp_path):
    draw = random.Random(7)
    for attempt in range(100):
        raw = bytearray(whole)
        if attempt % 2:
            raw[draw.randrange(len(raw))] ^= 1 << draw.randrange(8)
        else:
            del raw[draw.randrange(len(raw)) :]
        refused(bytes(raw), tmp_path, r"damaged|no backup|newer|needs the backup key", problem=GeoReportsError)


def test_the_first_line_cannot_be_changed(whole, tmp_path):
    line, *rest = parts(whole)
    for i in range(len(line)):
        changed = bytes([*line[:i], line[i] ^ 1, *line[i + 1 :]])
        refused(
            b"".join((changed, *rest)),
            tmp_path,
            r"damaged|no backup|newer|needs the backup key",
            problem=GeoReportsError,
        )


def test_pieces_cannot_be_swapped_left_out_doubled_or_added(whole, tmp_path):
    line, *pieces = parts(whole)
    assert len(pieces) > 2
    swapped = [pieces[1], pieces[0], *pieces[2:]]
    for other in (swapped, pieces[1:], pieces[:-1], [*pieces, pieces[-1]], [*pieces[:-1], pieces[0]], [*pieces, b"x"]):
        refused(line + b"".join(other), tmp_path, "damaged, cut short or edited")


def test_pieces_of_another_backup_with_the_same_key_do_not_fit(whole, tmp_path):
    mine, other = parts(whole), parts(sealed(opened(whole)))
    refused(b"".join((mine[0], other[1], *mine[2:])), tmp_path, "damaged, cut short or edited")


def test_another_key_is_named_and_so_is_the_one_that_is_needed(whole, tmp_path):
    refused(whole, tmp_path, rf"needs the backup key {key_id(KEY)}; .*{key_id(OTHER)}", OTHER, KeyProblem)


def test_a_newer_form_and_a_newer_schema_are_refused(whole, tmp_path):
    line, *rest = parts(whole)
    refused(line.replace(b"backup 1 ", b"backup 2 ") + b"".join(rest), tmp_path, r"newer geo_reports \(format 2\)")
    (name, manifest), *others = opened(whole)
    changed = manifest.replace(b'"schema_": "0003"', b'"schema_": "9999"')
    assert changed != manifest
    refused(sealed([(name, changed), *others]), tmp_path, "schema 9999", problem=SchemaTooNew)


def test_parts_that_do_not_belong_together_are_refused(whole, tmp_path):
    members = opened(whole)
    names = [name for name, _ in members]
    assert names[:3] == ["manifest.json", "store.sqlite", "server.key"]
    photo = next(i for i, name in enumerate(names) if name.startswith("photos/"))
    manifest = members[0][1]
    for changed, match in (
        (members[:photo] + members[photo + 1 :], DAMAGED),
        (members[::-1], DAMAGED),
        (members[:-1], DAMAGED),
        ([*members[:photo], (names[photo], b"other"), *members[photo + 1 :]], DAMAGED),
        ([("manifest.json", manifest.replace(b'"event": ', b'"event": 1')), *members[1:]], "rows"),
        ([("manifest.json", b"{}"), *members[1:]], DAMAGED),
        ([*members[:2], ("server.key", b"0" * 64), *members[3:]], "not its store's"),
        ([*members[:3], ("../../etc/x", b""), *members[3:]], DAMAGED),
    ):
        refused(sealed(changed), tmp_path, match)


def test_a_backup_of_another_city_and_a_file_that_is_not_there_are_refused(whole, tmp_path):
    (name, manifest), *others = opened(whole)
    refused(
        sealed([(name, manifest.replace(b"town", b"other")), *others]),
        tmp_path,
        "of the city 'other'",
        problem=InputError,
    )
    with pytest.raises(InputError, match="no backup at"):
        bring_back(tmp_path / "none", site(tmp_path / "there"))


def test_a_sealed_stream_comes_back_whatever_its_length():
    for n in (0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES):
        file, data = io.BytesIO(), random.Random(n).randbytes(n)
        writer = SealedWriter(file, KEY)
        for start in range(0, n, 100_000):
            writer.write(data[start : start + 100_000])
        writer.close()
        assert data[:64] not in file.getvalue() or n < 64
        file.seek(0)
        reader = SealedReader(file, "it", key_finder(KEY, "it", "it"))
        assert reader.read(n + 1) == data
        reader.finish()


def test_a_key_file_is_private_and_never_replaced(tmp_path):
    path = tmp_path / "keys" / "backup.key"
    assert make_key(path) == open_backup_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(InputError, match="never replaces"):
        make_key(path)
    path.chmod(0o640)
    with pytest.raises(KeyProblem, match="chmod 600"):
        open_backup_key(path)
    path.chmod(0o600)
    path.write_text("not a key")
    with pytest.raises(KeyProblem, match="holds no backup key"):
        open_backup_key(path)
