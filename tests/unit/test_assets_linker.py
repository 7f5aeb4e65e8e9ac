"""The linker: what runs is what the modules say, and what it does not know it refuses."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.web.assets.linker import link
from app.web.assets.module import LinkError
from app.web.assets.script_code import code_of
from app.web.assets.shrinking import Shrinker
from app.web.assets.unused import kept_words, statements
from tests.test_imports import STATIC, js_files, js_imports

NODE = Path(sys.executable).with_name("node")
# Entries: what a page, a Worker or an audio context loads by itself.
FILES = [path for path in js_files(STATIC) if "examples" not in path.parts]
IMPORTED = {target for path in FILES for target in js_imports(path)}
SCRIPTS = [path.relative_to(STATIC).as_posix() for path in FILES]
ENTRIES = [
    path.relative_to(STATIC).as_posix()
    for path in FILES
    if path not in IMPORTED or path.name == "index.js"
]

# One of each form that the linker knows, and of what could mislead it.
FORMS = {
    "main.js": """
import './effect.js';
import { twice, Counter as C, later, } from './lib/numbers.js';
import {
  passed,
  renamed as other,
} from './lib/passing.js';

/* import { nothing } from './not-there.js';
export const neither = 1; */
const text = `
import { nothing } from './not-there.js';
${twice(`inner ${twice(1)} }`)} import.meta.url
`;
const pattern = /['"`/{]/g, rest = 6 / 2 / 3; // '
const named = { import: 1, export: 2, 'from': "it's" };
export { passed, renamed as elsewhere } from './lib/passing.js';
export async function report() {
  const lazy = await import('./lib/lazy.js');
  return {
    text, rest, named, other, passed, count: new C().add(2).add(3).count, later: later(),
    pattern: "a'b{c".replace(pattern, '-'), lazy: lazy.word, effects: globalThis.effects,
    own: import.meta.url.split('/').slice(-1), theirs: globalThis.where,
  };
}
const hidden = 'shown';
export { hidden as visible };
""",
    "effect.js": "globalThis.effects = [...(globalThis.effects ?? []), 'effect'];\n",
    "lib/numbers.js": """
import '../effect.js';
import { FACTOR } from './factor.js';
globalThis.effects.push('numbers');
export const twice = (value) => (typeof value === 'number' ? value * FACTOR : value + value);
export class Counter {
  count = 0;
  add(value) { this.count += value; return this; }
}
export function later() { return AFTER; }
const AFTER = 'after';
export const unused = { a: [1, 2], b: 3 };
""",
    "lib/factor.js": """
export const FACTOR = 2;
globalThis.where = new URL('../beside.txt', import.meta.url).href.split('/').slice(-2);
globalThis.effects.push('factor');
""",
    "lib/passing.js": """
export { FACTOR as passed } from './factor.js';
const value = 'renamed';
export { value as renamed };
""",
    "lib/lazy.js": "export const word = 'lazy';\n",
}
# The same words for different things, in every way that a shared scope could mix up.
NAMESAKES = {
    "main.js": """
import { value as first } from './lib/value.js';
import { value as second, twin } from './lib/twin.js';
import { length } from './lib/unclear.js';
import { again } from './lib/handed.js';
import { copy } from './lib/own-global.js';
import { told } from './lib/browser-global.js';
import { alias, original } from './lib/alias.js';
import { after } from './lib/lines.js';
const own = 'main';
export { original as passed } from './lib/alias.js';
export { own as elsewhere, twin as visible };
export function report() {
  const member = { value: 'of an object', hidden: { value: 'deeper' } };
  return { first, second, twin: twin(), length, again, copy: copy(), told, alias, original, after,
    own, members: [member.value, member.hidden.value] };
}
""",
    "lib/value.js": "const hidden = 'value';\nexport const value = [hidden];\n",
    "lib/twin.js": """
import { value as other } from './value.js';
const hidden = 'twin';
export const value = [hidden];
export function twin() { const own = [other, hidden, value]; return own; }
""",
    "lib/unclear.js": "const { length: size } = 'four';\nexport const length = size;\n",
    "lib/handed.js": "import { length } from './unclear.js';\nexport { length as again };\n",
    "lib/own-global.js": """
const structuredClone = (value) => `ours of ${value}`;
export function copy() { return structuredClone('a word'); }
""",
    "lib/browser-global.js": "export const told = structuredClone(['theirs']);\n",
    "lib/alias.js": """
import { length as original } from './unclear.js';
const length = 'not the length';
export const alias = `${original} ${length}`;
export { original };
""",
    "lib/lines.js": """
const one = 1; const two = 2
const three = one
export const after = [one, two, three]
""",
}
OBJECT_OF_FUNCTIONS = """const a = {
  b: (c) => ({ d: f(c), e: g(1, h(2)) }),
  i: (c) => {
    if (c) {
      f({ c });
    }
  },
  async j(k) {
    f();
  },
};"""
ASK = """
const entry = await import(process.argv[1]);
console.log(JSON.stringify({ ...(await entry.report()), names: Object.keys(entry).sort(),
  values: [entry.passed, entry.elsewhere, entry.visible] }));
"""


def run(script: str, *arguments: str) -> str:
    """Return what a script says in Node."""
    command = [str(NODE), "--input-type=module", "-e", script, *arguments]
    done = subprocess.run(  # noqa: S603 - our own scripts
        command, capture_output=True, text=True, check=True
    )
    return done.stdout


def write(folder: Path, files: dict[str, str]) -> None:
    """Put modules where Node can load them."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "package.json").write_text('{"type": "module"}')


def in_memory(files: dict[str, str]) -> str:
    """Return `main.js` of these files, linked."""
    return link("main.js", files.__getitem__)


@pytest.mark.parametrize("kind", ["as joined", "small"])
def test_linked_module_does_what_its_modules_do(tmp_path: Path, kind: str) -> None:
    """Values, order, addresses and exports are those that the engine itself makes of the files."""
    write(tmp_path / "separate", FORMS)
    linked = in_memory(FORMS)
    if kind == "small":
        linked = Shrinker().shrink(linked, "text/javascript", "main.js")
        assert len(linked) < sum(map(len, FORMS.values()))
    whole = tmp_path / "separate" / "whole"
    (whole / "lib").mkdir(parents=True)
    (whole / "main.js").write_text(linked)
    (whole / "lib/lazy.js").write_text(FORMS["lib/lazy.js"])

    separate = json.loads(run(ASK, str(tmp_path / "separate/main.js")))
    assert separate["effects"] == ["effect", "factor", "numbers"]
    expected = separate | {"theirs": ["whole", "beside.txt"]}
    assert json.loads(run(ASK, str(whole / "main.js"))) == expected


@pytest.mark.parametrize("kind", ["as joined", "small"])
def test_the_same_word_may_mean_something_else_in_each_module(tmp_path: Path, kind: str) -> None:
    """Modules that share a scope see nothing of each other that they do not import."""
    linked = in_memory(NAMESAKES)
    if kind == "small":
        linked = Shrinker().shrink(linked, "text/javascript", "main.js")
    write(tmp_path, {**NAMESAKES, "linked.js": linked})

    ask = ASK.replace("entry.visible]", "entry.visible()]")
    expected = json.loads(run(ask, str(tmp_path / "main.js")))
    assert expected["alias"] == "4 not the length"
    assert expected["copy"] == "ours of a word"
    assert json.loads(run(ask, str(tmp_path / "linked.js"))) == expected


def test_modules_share_a_scope_where_no_word_is_in_the_way() -> None:
    """Names cross no function there, so that they cost nothing."""
    files = {
        "main.js": "import { a } from './a.js';\nexport const b = a.length;\n",
        "a.js": "export const a = [1];\n",
    }
    assert in_memory(files).count("=>") == 1
    in_the_way = files | {"a.js": "const b = 1;\nexport const a = [b];\n"}
    assert in_memory(in_the_way).count("=>") == 2


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("const a = b.c;", {"a"}),
        ("export const a = (b, c) => {\n  let d = b;\n};", {"a"}),
        ("let a;", {"a"}),
        ("export async function* a(b, { c }) {}", {"a"}),
        ("class A extends B {\n  c = 1;\n}", {"A"}),
        ("f(() => {\n  const a = 1;\n});", set()),
        ("if (a) f();", set()),
        ("const { a } = b;", None),
        ("const [a] = b;", None),
        ("const a = 1, b = 2;", None),
        ("let a, b;", None),
        ("const a = 1; const b = 2;", None),
        ("const a = 1; f();", None),
        ("function a() {} function b() {}", None),
        ("const a = function b() {};", None),
        ("for (var a of b) f(a);", None),
        ("f(); let a = 1;", None),
    ],
)
def test_what_a_statement_declares(text: str, names: set[str] | None) -> None:
    """One name or none is told; whatever is less plain keeps its module to itself."""
    (part,) = statements(code_of(text + "\n"))

    assert part.declares == names


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import thing from './a.js';", "line 1: only named imports"),
        ("\nimport * as all from './a.js';", "line 2: only named imports"),
        ("import { default as it } from './a.js';", "'default as it' cannot be linked"),
        ("import { a } from 'package';", "'package' is no relative path"),
        ("import data from './a.json' with { type: 'json' };", "only named imports"),
        ("import { a } from '../a.js';", "which is outside the folder"),
        ("import { b } from './a.js';", "imports b, which ./a.js does not export"),
        ("export { b } from './a.js';", "imports b, which ./a.js does not export"),
        ("export default 1;", "only named exports"),
        ("export default function it() {}", "only named exports"),
        ("export * from './a.js';", "only named exports"),
        ("export let counter = 0;", "line 1: only named exports that never change"),
        ("let counter = 0;\n\nexport { counter };", "line 1: counter is exported and may change"),
        ("export const { a } = b;", "only named exports"),
        ("export const a = f(1, 2), b = 2;", "an exported const must name one thing"),
        ("  import { a } from './a.js';", "an import or export must begin its line"),
        ("const a = await b;", "a module cannot wait"),
        ("await b;", "a module cannot wait"),
        ("const $1 = 0;", "names like $1"),
        ("import(path);", "import() can be linked with a fixed path only"),
        ("console.log(import.meta.env);", "of import.meta only the url"),
        ("import { c } from './circle.js';", "main.js > circle.js > main.js"),
        ("const a = `never ends;", "main.js: a template has no end"),
        ("function a() {", "main.js: a brace is not closed"),
        ("}", "main.js: a brace is closed that was not open"),
    ],
)
def test_what_the_linker_does_not_know_is_refused(text: str, said: str) -> None:
    """Nothing is left out or guessed at: the error says where, and what."""
    files = {
        "main.js": text,
        "a.js": "export const a = 1;",
        "circle.js": "import './main.js';\nexport const c = 1;",
    }

    with pytest.raises(LinkError) as raised:
        in_memory(files)

    assert str(raised.value).startswith(("main.js", "modules import each other"))
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a // b\nc", "a     \nc"),
        ("a /* b\n */ c", "a     \n    c"),
        ("f('a\\'b', \"c\")", "f('    ', \" \")"),
        ("`a${b + `c${d}`}e`", "` ${b + ` ${d}`} `"),
        ("a / b / c", "a / b / c"),
        ("x = /[/'\"]/g.test(y)", "x =         .test(y)"),
        ("return /a{2}/", "return       "),
        ("(a) / 2 /* b */ / c", "(a) / 2         / c"),
        ("f(/'/, `}`)", "f(   , ` `)"),
    ],
)
def test_only_code_is_looked_at(text: str, code: str) -> None:
    """Words in strings, comments, templates and patterns are none; positions stay."""
    assert code_of(text) == code


@pytest.mark.parametrize(
    ("text", "is_droppable"),
    [
        ("function a() {\n  return f();\n}", True),
        ("export async function* a({ b = 1 } = {}) {\n  yield `${b}`;\n}", True),
        ("class A extends B {\n  #c = f();\n  d() {}\n}", True),
        ("class A {\n  static b = f();\n}", False),
        ("class A extends f(B) {\n}", False),
        ("const a = (b, c) => f(b, c);", True),
        ("const a = async (b) => {\n  await f(b);\n};", True),
        ("const a = b => `${b}`;", False),
        ("const a = [1, 'f()', B, -C.d];", True),
        ("export const a = Object.freeze({ b: 1, c: [d] });", True),
        ("const a = new Set(['b']);", True),
        (OBJECT_OF_FUNCTIONS, True),
        ("const a = { b: f(), c: () => g() };", False),
        ("const a = { b: () => g(), c: f() };", False),
        ("const a = { b: { c: f() } };", False),
        ("const a = f();", False),
        ("const a = (() => f())();", False),
        ("const a = new B();", False),
        ("const a = new B;", False),
        ("const a = b = c;", False),
        ("const a = b++;", False),
        ("const a = b?.(c);", False),
        ("const a = f`b`;", False),
        ("const a = b ? () => c : f();", False),
        ("const { a } = b;", False),
        ("let a = 1;", False),
        ("f();", False),
    ],
)
def test_only_what_does_nothing_is_left_out(text: str, is_droppable: bool) -> None:  # noqa: FBT001
    """A declaration that nobody uses goes; whatever runs something while it is read stays."""
    parts = statements(code_of(f"import {{ x }} from './x.js';\n{text}\ng();\n"))

    left_out, _ = kept_words(parts, set())
    assert len(parts) == 3
    assert [part.start for part in left_out] == ([parts[1].start] if is_droppable else [])


def test_what_nobody_uses_is_left_out() -> None:
    """Neither an export that nobody asks for nor what only that one used is sent."""
    linked = in_memory(FORMS)

    assert "unused" not in linked.replace("'unused'", "")
    files = {
        "main.js": "import { a } from './lib.js';\nexport const b = a;\n",
        "lib.js": (
            "import { only } from './only.js';\n"
            "export const a = 1;\nexport function gone() {\n  return helper(only);\n}\n"
            "function helper(one) {\n  return [one, TABLE];\n}\nconst TABLE = { helper };\n"
        ),
        "only.js": "export const only = () => 'only here';\nglobalThis.effect = 1;\n",
    }
    text = in_memory(files)
    assert not re.search(r"gone|helper|TABLE|only", text)
    assert "globalThis.effect = 1" in text


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_script_links(name: str) -> None:
    """A form that the linker does not know fails here rather than on a page."""
    assert link(name, lambda path: (STATIC / path).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ENTRIES)
def test_every_entry_parses_when_it_is_small(name: str, tmp_path: Path) -> None:
    """What goes to the browser is a script, and no longer than what was written."""
    linked = link(name, lambda path: (STATIC / path).read_text(encoding="utf-8"))
    small = tmp_path / "small.mjs"
    small.write_text(Shrinker().shrink(linked, "text/javascript", name))
    subprocess.run([str(NODE), "--check", str(small)], check=True)  # noqa: S603 - our own scripts

    assert small.stat().st_size < 0.8 * len(linked)


def test_front_door_of_the_client_keeps_its_names(tmp_path: Path) -> None:
    """Another site that imports the linked client finds what it finds in the files."""
    name = "voice-agent/index.js"
    linked = link(name, lambda path: (STATIC / path).read_text(encoding="utf-8"))
    (tmp_path / "index.mjs").write_text(Shrinker().shrink(linked, "text/javascript", name))
    ask = "console.log(Object.keys(await import(process.argv[1])).sort().join())"

    names = run(ask, str(tmp_path / "index.mjs"))
    assert names == run(ask, str(STATIC / name))
    assert "createVoiceAgent" in names
