"""lyceum: a plugin's side of the protocol, in Python. Copy this file into your plugin; it needs nothing else.

    import lyceum

    @lyceum.tool
    def greet(args, host):
        return f"Hello, {args['name']}."

    lyceum.run()

A tool returns a text, a block (a dict with "type"), a list of these, or lyceum.result(blocks, structured). What it raises
as lyceum.Error is told to whoever asked, in your words. `host` reaches what your manifest declares, and nothing else does.
"""
import json
import os

TOOLS = {}
_FD = int(os.environ.get("LYCEUM_FD", "3"))
_OUT_OF_MEMORY = -32001


class Error(Exception):
    """A failure that a person can do something about: its text is shown."""


class Host:
    """What a plugin may ask for. Each call waits for the answer; a refusal is an Error."""

    def __init__(self, settings):
        self.settings = settings

    def query(self, dataset, sql):
        """Rows of a dataset, under the person's own rights (cap read.dataset): {"columns": [..], "rows": [[..], ..]}."""
        return _ask("host/query", {"dataset": dataset, "sql": sql})

    def fetch(self, method, url, headers=None, body=None):
        """A host that the manifest names (cap net): {"status", "headers", "body"}."""
        params = {"method": method, "url": url}
        if headers is not None:
            params["headers"] = headers
        if body is not None:
            params["body"] = body
        return _ask("host/fetch", params)

    def artifact(self, mime, bytes_b64, alt=""):
        """Keeps an image (cap artifact): {"artifact": "<hash>"} for an image block."""
        return _ask("host/artifact.put", {"type": mime, "bytes_b64": bytes_b64, "alt": alt})

    def ask(self, question, options=None):
        """Asks the person (cap ask)."""
        return _ask("host/ask", {"question": question, "options": options or []})

    def progress(self, text):
        """A few words while a tool works."""
        _send({"jsonrpc": "2.0", "method": "host/progress", "params": {"text": text}})


def tool(function):
    """Offers a function as the tool of its name: function(args, host)."""
    TOOLS[function.__name__] = function
    return function


def result(blocks, structured=None):
    out = {"blocks": _blocks(blocks)}
    if structured is not None:
        out["structured"] = structured
    return out


def text(words):
    return {"type": "text", "text": words}


def table(columns, rows, title=None):
    out = {"type": "table", "columns": columns, "rows": rows}
    if title:
        out["title"] = title
    return out


def run():
    """Serves until the host closes the connection."""
    while True:
        message = _receive()
        if message is None:
            return
        _answer(message)


def _blocks(value):
    if isinstance(value, str):
        return [text(value)]
    if isinstance(value, dict):
        return [value]
    return [text(v) if isinstance(v, str) else v for v in value]


def _call(params):
    function = TOOLS.get(params.get("name"))
    if function is None:
        raise Error("This plugin has no tool of that name.")
    settings = params.get("_meta", {}).get("settings", {})
    value = function(params.get("arguments", {}), Host(settings))
    return value if isinstance(value, dict) and "blocks" in value else result(value)


def _answer(message):
    method, ident = message.get("method"), message.get("id")
    if ident is None or method is None:
        return
    reply = {"jsonrpc": "2.0", "id": ident}
    try:
        if method == "initialize":
            reply["result"] = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
                               "serverInfo": {"name": "plugin", "version": "1"}}
        elif method == "tools/list":
            reply["result"] = {"tools": [{"name": name} for name in TOOLS]}
        elif method == "tools/call":
            reply["result"] = _call(message["params"])
        else:
            reply["error"] = {"code": -32601, "message": "no such method"}
    except MemoryError:
        reply["error"] = {"code": _OUT_OF_MEMORY, "message": "out of memory"}
    except Error as e:
        reply["error"] = {"code": -32000, "message": str(e)}
    except Exception as e:  # the host is told; the next call may go better
        reply["error"] = {"code": -32000, "message": f"{type(e).__name__}: {e}"}
    _send(reply)


_asked = 0


def _ask(method, params):
    global _asked
    _asked += 1
    _send({"jsonrpc": "2.0", "id": _asked, "method": method, "params": params})
    while True:
        message = _receive()
        if message is None:
            raise SystemExit(0)
        if message.get("id") != _asked or "method" in message:
            continue
        if "error" in message:
            raise Error(message["error"].get("message", "The host refused."))
        return message["result"]


def _send(message):
    body = json.dumps(message, separators=(",", ":")).encode()
    data = memoryview(len(body).to_bytes(4, "little") + body)
    while data:
        data = data[os.write(_FD, data):]


def _take(n):
    parts = []
    while n > 0:
        part = os.read(_FD, min(n, 1 << 20))
        if not part:
            return None
        parts.append(part)
        n -= len(part)
    return b"".join(parts)


def _receive():
    head = _take(4)
    body = None if head is None else _take(int.from_bytes(head, "little"))
    return None if body is None else json.loads(body)
