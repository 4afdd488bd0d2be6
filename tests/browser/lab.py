"""JupyterLab on loopback in an isolated configuration, and what a test does on its pages."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SERVER_UP_WITHIN_SECONDS = 150
PAGE_TIMEOUT_MS = 90_000
LOOPBACK = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:", "about:", "chrome:")
CURRENT = "window.jupyterapp.shell.currentWidget"
KERNEL = f"{CURRENT}.sessionContext.session.kernel"
_ENDS_WITH_US = (
    "import ctypes, os, signal, sys; "
    "sys.platform == 'linux' and ctypes.CDLL(None).prctl(1, signal.SIGTERM); "  # 1: told when the parent dies
    "os.execvp(sys.argv[1], sys.argv[1:])"
)
"""Becomes a command that is ended when who started it is killed, and cannot end it; on Linux only."""


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@dataclass(frozen=True)
class Serves:
    """Which JupyterLab or Notebook serves: its interpreter, and its name as ``jupyter`` knows it."""

    python: Path = Path(sys.executable)
    program: str = "lab"


def environment(folder: Path, serves: Serves) -> dict[str, str]:
    """Variables for a server that keeps all that is its own in a folder."""
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "run",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
        "DI_ADVISOR_CACHE": "cache",
    }
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}  # else a question covers the page
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet), encoding="utf-8")
    binaries = f"{serves.python.parent}{os.pathsep}{os.environ['PATH']}"
    shares = f"{_kernels(folder)}{os.pathsep}{Path(sys.prefix) / 'share' / 'jupyter'}"
    placed = {name: str(folder / part) for name, part in own.items()}
    return {**os.environ, **placed, "PATH": binaries, "JUPYTER_PATH": shares}


def _kernels(folder: Path) -> Path:
    """A folder with the kernel of this interpreter, which has the package: whoever serves need not."""
    place = folder / "share" / "kernels" / "python3"
    place.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Python 3 (ipykernel)", "language": "python"}
    (place / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    return folder / "share"


@contextlib.contextmanager
def lab(notebooks: Path, folder: Path, serves: Serves | None = None) -> Iterator[str]:
    """Serve a folder of notebooks; yields the address."""
    serves = serves or Serves()
    exposed = "LabApp" if serves.program == "lab" else "JupyterNotebookApp"
    port = free_port()
    command = [
        *(str(serves.python), "-m", "jupyter", serves.program, "--no-browser", "--allow-root"),
        *("--ip=127.0.0.1", f"--port={port}", f"--{exposed}.expose_app_in_browser=True"),
        *("--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password="),
        "--ServerApp.disable_check_xsrf=True",
        *("--LabApp.extension_manager=readonly", f"--ServerApp.root_dir={notebooks}"),
    ]
    with serving(command, environment(folder, serves), folder / "lab.log", f"http://127.0.0.1:{port}", "/api/status"):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def voila(notebook: Path, folder: Path) -> Iterator[str]:
    """Show one notebook as a page; yields the address. The notebook runs when the page is asked for."""
    port = free_port()
    command = [
        *(sys.executable, "-m", "voila", str(notebook), "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1"),
        "--show_tracebacks=True",
    ]
    with serving(command, environment(folder, Serves()), folder / "voila.log", f"http://127.0.0.1:{port}", None):
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def serving(
    command: list[str], variables: dict[str, str], log: Path, address: str, asked: str | None
) -> Iterator[None]:
    """Run a server; ends its own process group. Up when ``asked`` is answered, or its port is open."""
    whole = [sys.executable, "-c", _ENDS_WITH_US, *command]
    with log.open("w", encoding="utf-8") as file:
        server = subprocess.Popen(whole, env=variables, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        _wait_for(server, address, asked, log)
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(20)


def _answers(address: str, asked: str | None) -> None:
    """Raise OSError where the server is not up."""
    if asked is None:
        host, _, port = address.removeprefix("http://").partition(":")
        socket.create_connection((host, int(port)), timeout=1).close()
    else:
        urllib.request.urlopen(f"{address}{asked}", timeout=1).close()  # noqa: S310 loopback


def _wait_for(server: subprocess.Popen[bytes], address: str, asked: str | None, log: Path) -> None:
    begun = time.monotonic()
    while time.monotonic() - begun < SERVER_UP_WITHIN_SECONDS:
        with contextlib.suppress(OSError):
            _answers(address, asked)
            return
        if server.poll() is not None:
            break
        time.sleep(0.2)
    raise RuntimeError(f"The server did not come up:\n{log.read_text(encoding='utf-8')[-3000:]}")


def open_notebook(page: Any, address: str, name: str) -> None:
    """Open a notebook and wait for its kernel."""
    page.goto(f"{address}/lab/tree/{name}?reset")
    page.wait_for_selector(".jp-Notebook", timeout=PAGE_TIMEOUT_MS)
    page.wait_for_selector("#jupyterlab-splash", state="detached", timeout=PAGE_TIMEOUT_MS)
    page.wait_for_function(
        f"""() => {{ const w = window.jupyterapp && {CURRENT};
        const s = w && w.sessionContext;
        return !!(s && s.isReady && s.session && s.session.kernel && s.session.kernel.status === 'idle'); }}""",
        timeout=PAGE_TIMEOUT_MS,
    )


def wait_idle(page: Any) -> None:
    """Wait until the kernel has answered everything sent so far."""
    page.evaluate(f"async () => {{ await {KERNEL}.requestExecute({{code: '', silent: true}}).done; }}")


def kernel_says(page: Any, expression: str) -> str:
    """What the kernel answers to an expression, now."""
    script = f"""async (code) => {{
        const future = {KERNEL}.requestExecute({{code: '', user_expressions: {{x: code}}, store_history: false}});
        const reply = await future.done;
        const x = reply.content.user_expressions.x;
        return x.status === 'ok' ? x.data['text/plain'] : `${{x.ename}}: ${{x.evalue}}`;
    }}"""
    return str(page.evaluate(script, expression))


def execute(page: Any, command: str, **arguments: Any) -> None:
    """Run a JupyterLab command without waiting for its promise."""
    page.evaluate(
        "([id, args]) => { void window.jupyterapp.commands.execute(id, args); }", [f"{command}", dict(arguments)]
    )
