"""drive.py PROGRAM PROJECT HOME PICTURE: uses the program as a person would, in a display of its own.

Controls are found by the names that assistive technology sees (AT-SPI) and pressed through it; on the map the mouse draws.
Runs within `dbus-run-session`. Whatever happens, every process started here is ended, and a picture of the screen is left.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi  # noqa: E402

ALL_TOGETHER = 110  # seconds
BUS_LAUNCHERS = ["/usr/libexec/at-spi-bus-launcher", "/usr/lib/at-spi2-core/at-spi-bus-launcher"]


class Session:
    """A display, a window manager and an accessibility bus; and the processes to end when it is over."""

    def __init__(self, home):
        self.home = home
        self.running = []
        self.log = open(os.path.join(home, "session.log"), "w+")

    def start(self, *command, **options):
        process = subprocess.Popen(command, stdout=self.log, stderr=self.log, **options)
        self.running.append(process)
        return process

    def open(self):
        ours, theirs = os.pipe()
        self.start("Xvfb", "-displayfd", str(theirs), "-screen", "0", "1500x1000x24", "-nolisten", "tcp", pass_fds=[theirs])
        os.close(theirs)
        with os.fdopen(ours) as display:
            os.environ["DISPLAY"] = ":" + display.readline().strip()
        for name in ["RUNTIME_DIR", "CONFIG_HOME", "DATA_HOME", "CACHE_HOME"]:
            folder = os.path.join(self.home, "xdg", name.lower())
            os.makedirs(folder, mode=0o700)
            os.environ["XDG_" + name] = folder
        os.environ.pop("WAYLAND_DISPLAY", None)
        os.environ["LIBGL_ALWAYS_SOFTWARE"] = "1"
        self.start("openbox")
        launcher = next((path for path in BUS_LAUNCHERS if os.path.exists(path)), None)
        if launcher:
            self.start(launcher, "--launch-immediately")
        switch = "dbus-send --session --dest=org.a11y.Bus --print-reply /org/a11y/bus org.freedesktop.DBus.Properties.Set"
        for what in ["IsEnabled", "ScreenReaderEnabled"]:
            command = [*switch.split(), "string:org.a11y.Status", "string:" + what, "variant:boolean:true"]
            until(f"{what} is set", lambda: subprocess.run(command, stdout=self.log, stderr=self.log).returncode == 0)
        Atspi.init()
        # What is on screen changes all the time: nothing is remembered.
        Atspi.get_desktop(0).set_cache_mask(Atspi.Cache.NONE)

    def close(self):
        for process in reversed(self.running):
            if process.poll() is None:
                process.terminate()
        for process in reversed(self.running):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()


def until(what, holds, seconds=40):
    """Waits until something holds and gives it."""
    end = time.monotonic() + seconds
    while True:
        # Nodes come and go while one looks at them.
        with contextlib.suppress(gi.repository.GLib.Error):
            if found := holds():
                return found
        if time.monotonic() > end:
            raise TimeoutError(f"it never came that {what}")
        time.sleep(0.1)


def tree():
    """All nodes of all programs, from top to bottom: (node, role, name)."""

    def below(node):
        yield node, node.get_role_name(), node.get_name() or ""
        for i in range(node.get_child_count()):
            if child := node.get_child_at_index(i):
                yield from below(child)

    desktop = Atspi.get_desktop(0)
    for i in range(desktop.get_child_count()):
        if program := desktop.get_child_at_index(i):
            yield from below(program)


def find(name, role=None):
    def same(r, n):
        return n == name and (r == role if role else r not in ("frame", "label", "application"))

    return next((node for node, r, n in tree() if same(r, n)), None)


def sees(words):
    return any(words in name for _, _, name in tree())


def press(name):
    node = until(f"there is a control {name!r}", lambda: find(name, "button") or find(name, "push button") or find(name))
    if not node.get_action_iface().do_action(0):
        raise RuntimeError(f"{name!r} cannot be pressed")


def xdotool(*arguments):
    subprocess.run(["xdotool", *map(str, arguments)], check=True)


def draw_square(name, half):
    """Picks a class and clicks the corners of a square around the middle of the map."""
    press("Label")
    press(name)
    map_ = until("the map is there", lambda: find("Map", "canvas"))
    box = map_.get_extents(Atspi.CoordType.SCREEN)
    x, y = box.x + box.width // 2, box.y + box.height // 2
    for dx, dy in [(-half, -half), (-half, half), (half, half), (half, -half)]:
        xdotool("mousemove", x + dx, y + dy)
        time.sleep(0.15)
        xdotool("click", 1)
        time.sleep(0.15)
    xdotool("key", "Return")


def open_program(session, program, project):
    process = session.start(program, "open", project)
    until("the map is on screen", lambda: find("Map", "canvas"))
    return process


def close_program(process):
    """Closes the window as its frame's button does; the program ends by itself."""
    # Keys go nowhere while the window manager has not given the focus back: then once more.
    for wait in (5, 5, 20):
        xdotool("key", "alt+F4")
        try:
            if process.wait(wait) != 0:
                raise RuntimeError(f"the program ended with {process.returncode}")
            return
        except subprocess.TimeoutExpired:
            continue
    raise TimeoutError("the program does not close by Alt+F4")


def work(session, program, project):
    def told(what):
        print(f"{time.monotonic() - started:5.1f} s  {what}", flush=True)

    started = time.monotonic()
    process = open_program(session, program, project)
    told("the project is open")
    # It is the first time for this home: one is asked what one would like to do.
    press("Don't show again")
    # On a machine that is busy with other things clicks can come together in one frame: a person would draw again.
    for tries_left in (2, 1, 0):
        draw_square("Maize", 50)
        try:
            until("the polygon is there", lambda: sees("Annotation 13") and sees("13 annotations"), 10)
            break
        except TimeoutError:
            if not tries_left:
                raise
            xdotool("key", "Escape")
    told("a polygon is drawn")
    press("Map")
    press("Train and map")
    until("the map is on screen", lambda: sees("on screen"))
    told("trained and mapped")
    press("Assess")
    press("Assess model-1")
    until("scores are there", lambda: sees("Overall accuracy"))
    names = [name for _, _, name in tree()]
    after = names[names.index("Overall accuracy") :]
    percent = next(n for n in after if re.fullmatch(r"[0-9.]+ %", n))
    print("accuracy", percent.removesuffix(" %"))
    told("assessed")
    close_program(process)
    process = open_program(session, program, project)
    told("closed and opened again")
    press("Label")
    until("the annotations are there again", lambda: sees("13 annotations"))
    press("Map")
    until("the model and its map are there again", lambda: sees("model-1") and sees("on screen"))
    press("Assess")
    until("the scores are there again", lambda: percent in [name for _, _, name in tree()])
    told("everything is there again")
    return process


def main():
    program, project, home, picture = sys.argv[1:]
    # A signal becomes an exception, so that everything is put away.
    def stop(number, frame):
        raise TimeoutError(f"stopped by signal {number}")

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGALRM, stop)
    signal.alarm(ALL_TOGETHER)
    session = Session(home)
    try:
        session.open()
        try:
            process = work(session, program, project)
        except Exception:
            with contextlib.suppress(Exception):
                for _, role, name in tree():
                    print("   ", role, repr(name))
            raise
        finally:
            subprocess.run(["import", "-window", "root", picture], check=False)
        # As at the end of a desktop's session, or by Ctrl+C where it was started.
        process.terminate()
        process.wait(10)
    except Exception as error:
        session.log.seek(0)
        sys.exit(f"{type(error).__name__}: {error}\n{session.log.read()}")
    finally:
        signal.alarm(0)
        session.close()


main()
