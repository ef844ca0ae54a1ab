import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo_reports.errors import InputError, KeyProblem
from geo_reports.intake import ServerKey, open_key
from geo_reports.intake.keys import ALPHABET, check_idempotency_key, new_idempotency_key, replace_lost_key
from geo_reports.store import Store

KEY = ServerKey(bytes(range(32)))


@pytest.fixture
def store(tmp_path):
    opened = Store(str(tmp_path / "data" / "reports.sqlite"))
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "config" / "keys"


def file_in(folder):
    (path,) = folder.iterdir()
    return path


# the file --------------------------------------------------------------------------------------------


def test_a_key_is_made_once_for_its_owner_only(store, folder):
    first = open_key(folder, store)
    path = file_in(folder)
    assert path.name == f"{store.store_id()}.key"
    assert (path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    assert re.fullmatch(r"[0-9a-f]{64}\n", path.read_text())
    assert open_key(folder, store).check == first.check
    assert first.check not in path.read_text()


def test_two_stores_have_two_keys(store, folder, tmp_path):
    other = Store(str(tmp_path / "other.sqlite"))
    assert open_key(folder, store).check != open_key(folder, other).check
    assert len(list(folder.iterdir())) == 2
    other.close()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602])
def test_a_key_that_others_reach_is_refused(store, folder, mode):
    open_key(folder, store)
    file_in(folder).chmod(mode)
    with pytest.raises(KeyProblem, match="chmod 600"):
        open_key(folder, store)


def test_a_key_that_is_gone_is_explained_and_not_made_anew(store, folder):
    open_key(folder, store)
    file_in(folder).unlink()
    with pytest.raises(KeyProblem) as caught:
        open_key(folder, store)
    text = str(caught.value)
    assert all(words in text for words in ("tracking code", "contact", "reports themselves are safe"))
    assert "geo-reports doctor --accept-lost-key" in text
    assert list(folder.iterdir()) == []


def test_a_lost_key_is_replaced_when_asked(store, folder):
    old = open_key(folder, store)
    file_in(folder).unlink()
    replace_lost_key(folder, store)
    new = open_key(folder, store)
    assert new.check != old.check
    with pytest.raises(KeyProblem, match="another server key"):
        new.unseal(old.seal("a@b.cl"))


def test_a_key_that_is_there_is_not_replaced(store, folder):
    key = open_key(folder, store)
    with pytest.raises(KeyProblem, match="still"):
        replace_lost_key(folder, store)
    assert open_key(folder, store).check == key.check


@pytest.mark.parametrize("content", [b"", b"short\n", b"g" * 64, b"\xff" * 64, b"a" * 63])
def test_what_holds_no_key(store, folder, content):
    open_key(folder, store)
    file_in(folder).write_bytes(content)
    with pytest.raises(KeyProblem, match="holds no server key"):
        open_key(folder, store)


def test_a_folder_in_the_key_s_place(store, folder):
    open_key(folder, store)
    path = file_in(folder)
    path.unlink()
    path.mkdir(mode=0o700)
    with pytest.raises(KeyProblem, match="cannot be read"):
        open_key(folder, store)


def test_another_store_s_key_is_refused(store, folder):
    open_key(folder, store)
    file_in(folder).write_text("ab" * 32 + "\n")
    with pytest.raises(KeyProblem, match="not the key this store was made with"):
        open_key(folder, store)


# codes -----------------------------------------------------------------------------------------------


def test_a_code_is_80_bits_that_nobody_misreads():
    codes = {KEY.code(f"key {i}") for i in range(500)}
    assert len(codes) == 500
    assert all(re.fullmatch(rf"([{ALPHABET}]{{4}}-){{3}}[{ALPHABET}]{{4}}", code) for code in codes)
    assert len(ALPHABET) == len(set(ALPHABET)) == 32  # 16 letters of 5 bits
    assert not set("ILOU") & set(ALPHABET)
    for position in (i for i in range(19) if i % 5 != 4):
        assert {code[position] for code in codes} == set(ALPHABET)


def test_the_same_key_gives_the_same_code_with_this_server_only():
    assert KEY.code("k" * 16) == KEY.code("k" * 16)
    other = ServerKey(bytes(32))
    assert KEY.code("k" * 16) != other.code("k" * 16)
    code = KEY.code("k" * 16)
    assert KEY.code_hash(code) != other.code_hash(code)
    assert KEY.body_hash(b"x") != other.body_hash(b"x")
    assert KEY.public_ids([bytes(16)]) != other.public_ids([bytes(16)])


def test_spelling_does_not_matter():
    code = next(c for c in (KEY.code(f"key {i}") for i in range(999)) if "0" in c and "1" in c)
    kept = KEY.code_hash(code)
    for spelled in (
        code.lower(),
        code.replace("-", ""),
        code.replace("-", " "),
        f"  {code}\n",
        code.replace("-", "–"),
        code.replace("-", "\u2011"),
        code.replace("0", "O").replace("1", "l"),
        code.replace("0", "o").replace("1", "I"),
        code.replace("-", "\u00a0"),
    ):
        assert KEY.code_hash(spelled) == kept


@pytest.mark.parametrize("text", ["", "-", "0" * 15, "0" * 17, "U" * 16, "ñ" * 16, "0" * 15 + "/"])
def test_what_is_no_code_is_hashed_as_one_that_nobody_has(text):
    assert KEY.code_hash(text) == KEY.code_hash("no code")
    assert len(KEY.code_hash(text)) == 32


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader_of_codes(text):
    assert len(KEY.code_hash(text)) == 32


def test_public_ids_are_named_alike_one_by_one_and_together():
    identities = [i.to_bytes(16, "big") for i in range(1000)]
    names = KEY.public_ids(identities)
    assert all(re.fullmatch(r"[0-9a-hjkmnp-tv-z]{12}", name) for name in names)
    assert len(set(names)) == 1000
    assert names == [name for identity in identities for name in KEY.public_ids([identity])]
    assert KEY.public_ids([]) == []
    assert names == [KEY.public_id(identity) for identity in identities]


def test_a_signature_is_for_one_text_and_one_key():
    signature = KEY.sign("held photo 1")
    assert KEY.signed("held photo 1", signature)
    assert not KEY.signed("held photo 2", signature)
    assert not KEY.signed("held photo 1", signature[:-1])
    assert not KEY.signed("held photo 1", "ñ\ud800")
    assert not ServerKey(bytes(32)).signed("held photo 1", signature)


def test_contacts_are_sealed():
    sealed = KEY.seal("a@b.cl")
    assert b"a@b.cl" not in sealed
    assert KEY.unseal(sealed) == "a@b.cl"
    assert KEY.seal("a@b.cl") != sealed
    with pytest.raises(KeyProblem):
        KEY.unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]))


# idempotency keys ------------------------------------------------------------------------------------


def test_made_keys_are_usable_and_new():
    keys = {new_idempotency_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(check_idempotency_key(key) == key for key in keys)


@pytest.mark.parametrize("key", ["", "x" * 15, "x" * 201, "ñ" * 20, "x" * 20 + "\n", "\x00" * 20])
def test_what_is_no_idempotency_key(key):
    with pytest.raises(InputError) as caught:
        check_idempotency_key(key)
    assert caught.value.field == "Idempotency-Key"
