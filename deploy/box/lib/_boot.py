"""Boots the box: imports what most runs use, so that it is part of every box's memory from the start, and runs code."""
import _host
import builtins
import gc
import linecache
import sys
import traceback

PRELOADED = """array ast base64 binascii bisect calendar cmath collections collections.abc contextlib copy csv dataclasses datetime
 decimal difflib enum fnmatch fractions functools glob hashlib heapq html inspect io itertools json keyword math numbers
 operator os os.path pathlib pprint random re shutil statistics string struct tempfile textwrap time tomllib types typing
 unicodedata urllib.parse uuid zoneinfo xml.etree.ElementTree""".split()
for _name in PRELOADED:
    try:
        __import__(_name)
    except ImportError as e:  # told by box doctor, which imports them all
        print("boot:", _name, e, file=sys.stderr)

import os
import random

# What a run hands the host; see app/box/result.h.
VALUE, ERROR = 1, 2
_VALUE_CHARS = 20000
_NAME = "<run>"

_main = sys.modules["__main__"].__dict__
_main["__builtins__"] = builtins
import lyceum

for _name in ("table", "describe", "correlation", "regression", "chart"):
    _main[_name] = getattr(lyceum, _name)
os.chdir("/work")


def wake():
    random.seed()
    return 0


def _emit(kind, text):
    _host.emit(kind, text.encode("utf-8", "replace"))


def _trim(e):
    """The traceback without our own frames above the code that was run."""
    tb = e.__traceback__
    while tb is not None and tb.tb_frame.f_code.co_filename == __file__:
        tb = tb.tb_next
    return e.with_traceback(tb)


def _line_of(e):
    if isinstance(e, SyntaxError) and e.filename == _NAME:
        return e.lineno or 0
    line, tb = 0, e.__traceback__
    while tb is not None:
        if tb.tb_frame.f_code.co_filename == _NAME:
            line = tb.tb_lineno
        tb = tb.tb_next
    return line


def _tell(e):
    e = _trim(e)
    text = "".join(traceback.format_exception(type(e), e, e.__traceback__, limit=-20))
    _emit(ERROR, "%s\n%d\n%s" % (type(e).__name__, _line_of(e), text[-_VALUE_CHARS:]))


def _cut(text):
    return text if len(text) <= _VALUE_CHARS else text[:_VALUE_CHARS] + " ... (cut)"


def _run(source):
    linecache.cache[_NAME] = (len(source), None, source.splitlines(True), _NAME)
    exec(_host.compile(source, _NAME), _main)
    result = _main.pop("<value>", None)
    if result is not None:
        _main["_"] = result
        _emit(VALUE, _cut(repr(result)))


def _flush():
    for f in (sys.stdout, sys.stderr):
        try:
            f.flush()
        except Exception:
            pass


def run(source):
    """0: it ran; 1: it raised, which was told; 3: it was interrupted."""
    status = 0
    try:
        try:
            _run(source)
        except SystemExit as e:
            if e.code not in (None, 0):
                print(e.code, file=sys.stderr)
        except KeyboardInterrupt as e:
            status = 3
            _tell(e)
        except BaseException as e:
            status = 1
            _tell(e)
        _flush()
    except KeyboardInterrupt:  # a second one, while the first was being told
        status = 3
    except BaseException:
        status = 1
    return status


def _warm():
    """Runs a little of everything, so that what Python learns of its own code is in every box, and not learnt in each."""
    sample = "import json\nx = [i * 2 for i in range(40)]\nd = {str(i): i for i in x}\ns = json.dumps(d)\nsum(x)"
    kept = dict(_main)
    emit, _host.emit = _host.emit, lambda kind, text: None
    for _ in range(20):
        run(sample)
        run("def f(a):\n return a / 2.0\nf(3)\n1 +")
        run("1 / 0")
    _host.emit = emit
    _main.clear()
    _main.update(kept)
    linecache.cache.clear()


_warm()
gc.collect()
gc.freeze()
