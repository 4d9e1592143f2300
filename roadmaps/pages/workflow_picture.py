"""Where the nodes and ways of the workflow's picture stand.

Along the main line is `u`, across it `v`; a narrow screen gets the same picture turned.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from roadmaps.pages.workflow_state import LABELS, LOOP, MAIN, STATES, Flow

EDGE = 6  # room for outlines at the picture's edge
LOOP_AT = {"edit_roadmap": 3, "plan_edit": 4}  # below the check and the review


@dataclass(frozen=True)
class Way:
    path: str
    kind: str  # class names


@dataclass(frozen=True)
class Node:
    name: str
    label: Any
    state: str
    words: Any
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Drawing:
    nodes: list[Node]
    ways: list[Way]
    width: int
    height: int
    automatic: tuple[int, int]  # where the count of automatic rounds is written
    people: tuple[int, int]


@dataclass(frozen=True)
class Frame:
    """Sizes along and across the main line, and whether it runs downwards."""

    u: int
    v: int
    u_gap: int
    v_gap: int
    turned: bool

    def xy(self, u: float, v: float) -> tuple[int, int]:
        u, v = round(u) + EDGE, round(v) + EDGE
        return (v, u) if self.turned else (u, v)

    def corner(self, name: str) -> tuple[int, int]:
        along = LOOP_AT[name] if name in LOOP else MAIN.index(name)
        return along * (self.u + self.u_gap), (self.v + self.v_gap) if name in LOOP else 0


WIDE = Frame(u=134, v=48, u_gap=32, v_gap=64, turned=False)
NARROW = Frame(u=44, v=146, u_gap=30, v_gap=46, turned=True)


def draw(flow: Flow, frame: Frame) -> Drawing:
    nodes = [_node(name, flow.states[name], frame) for name in LABELS]
    main = [
        _straight(frame, _side(frame, one, 1), _side(frame, other, 0))
        for one, other in pairwise(MAIN)
    ]
    ways = [Way(path, "main") for path in main]
    ways += _loop(frame, flow)
    width, height = frame.xy(
        len(MAIN) * (frame.u + frame.u_gap) - frame.u_gap, 2 * frame.v + frame.v_gap
    )
    return Drawing(nodes, ways, width + EDGE, height + EDGE, *_notes(frame))


def _node(name: str, state: str, frame: Frame) -> Node:
    x, y = frame.xy(*frame.corner(name))
    width, height = (frame.v, frame.u) if frame.turned else (frame.u, frame.v)
    return Node(name, LABELS[name], state, STATES[state], x, y, width, height)


def _side(frame: Frame, name: str, end: int, across: float = 0.5) -> tuple[float, float]:
    """A point on the node's edge: `end` 0 where the main line comes in, 1 where it leaves."""
    u, v = frame.corner(name)
    return u + end * frame.u, v + across * frame.v


def _edge(frame: Frame, name: str, along: float, below: int) -> tuple[float, float]:
    """A point on the node's other edges: `below` 0 towards the main line, 1 away from it."""
    u, v = frame.corner(name)
    return u + along * frame.u, v + below * frame.v


def _straight(frame: Frame, *points: tuple[float, float]) -> str:
    (x, y), (to_x, to_y) = (frame.xy(*point) for point in points)
    return f"M {x} {y} L {to_x} {to_y}"


def _curved(frame: Frame, start: tuple[float, float], end: tuple[float, float]) -> str:
    half = (start[1] + end[1]) / 2
    points = [frame.xy(*point) for point in (start, (start[0], half), (end[0], half), end)]
    (x, y), *rest = points
    return f"M {x} {y} C " + ", ".join(f"{x} {y}" for x, y in rest)


def _loop(frame: Frame, flow: Flow) -> list[Way]:
    automatic = "loop walked" if flow.automatic_rounds else "loop"
    people = "loop walked" if flow.people_rounds else "loop"
    either = "loop walked" if flow.automatic_rounds or flow.people_rounds else "loop"
    down = _edge(frame, "human_review", 0.65, 1), _edge(frame, "plan_edit", 0.65, 0)
    up = _edge(frame, "edit_roadmap", 0.35, 0), _edge(frame, "validate_structure", 0.35, 1)
    across = _edge(frame, "validate_structure", 0.7, 1), _edge(frame, "plan_edit", 0.3, 0)
    back = _side(frame, "plan_edit", 0), _side(frame, "edit_roadmap", 1)
    return [
        Way(_curved(frame, *across), automatic),
        Way(_straight(frame, *down), people),
        Way(_straight(frame, *back), either),
        Way(_straight(frame, *up), either),
    ]


def _notes(frame: Frame) -> tuple[tuple[int, int], tuple[int, int]]:
    """Beside the loop: before it what goes by itself, behind it what people have asked for."""
    if frame.turned:
        return frame.xy(2.6 * (frame.u + frame.u_gap), frame.v + frame.v_gap), frame.xy(
            5.2 * (frame.u + frame.u_gap), frame.v + frame.v_gap
        )
    across = 1.5 * frame.v + frame.v_gap + 5
    return frame.xy(3 * (frame.u + frame.u_gap) - 14, across), frame.xy(
        5 * (frame.u + frame.u_gap) - 22, across
    )
