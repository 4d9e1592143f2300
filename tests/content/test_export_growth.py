"""The time of an export grows as its text does, in every format and for every kind of long text.

Bounds are generous and the best of several is taken: what looks back for each part takes sixteen
times as long for four times as much.
"""

import gc
import time

import pytest

from content.exports import FORMATS, pdf
from content.exports.document import Course, Module, Stage
from content.exports.markup import xhtml
from tests.content import samples
from tests.content.long_texts import KINDS

GROWTH_MAX = 8  # for four times as much
SHORT = 0.06  # seconds in which nothing can be seen
TRIES = 4

every_format = pytest.mark.parametrize("format", FORMATS.values(), ids=FORMATS)


def seconds(write, text):
    """Of a processor."""
    gc.disable()
    began = time.process_time()
    try:
        write(text)
    finally:
        gc.enable()
    return time.process_time() - began


def grows_too_much(write, small, large):
    """The best times of both when the large one takes far more than four times as long."""
    best = [seconds(write, small), seconds(write, large)]
    for _ in range(TRIES):
        if best[1] <= max(SHORT, GROWTH_MAX * best[0]):
            return None
        best = [min(best[0], seconds(write, small)), min(best[1], seconds(write, large))]
    return best


def slow_kinds(write, parts):
    write("Short.")  # imports
    slow = {}
    for name, text in KINDS.items():
        if times := grows_too_much(write, text(parts), text(4 * parts)):
            slow[name] = times
    return slow


def test_every_kind_of_long_text_becomes_xhtml_in_time_as_it_is_long():
    """Of which web pages, e-books and SCORM packages are made."""
    assert slow_kinds(lambda text: xhtml(text, heading=2, name="c1"), 800) == {}


def test_every_kind_of_long_text_is_typeset_in_time_as_it_is_long():
    assert slow_kinds(lambda text: pdf.write(samples.course(1, text)), 300) == {}


@every_format
def test_a_course_of_all_kinds_takes_time_as_it_is_long(format):
    def course(parts):
        made = samples.course(len(KINDS), "Short.")
        for concept, text in zip(made.concepts(), KINDS.values(), strict=True):
            concept.tutorial = text(parts)
        return made

    format.write(course(1))
    assert grows_too_much(format.write, course(100), course(400)) is None


def course_of(concepts):
    """In modules as small as a plan has them."""
    course = samples.course(1, "Short.")
    numbers = range(1, concepts + 1)
    modules = [
        Module(
            title=f"Module {at}",
            summary="",
            concepts=[samples.concept(number, "Short.") for number in numbers[at : at + 8]],
        )
        for at in range(0, concepts, 8)
    ]
    stages = [
        Stage(title=f"Stage {at}", summary="", modules=modules[at : at + 5])
        for at in range(0, len(modules), 5)
    ]
    return Course(**dict(course) | {"stages": stages})


@every_format
def test_many_concepts_take_time_as_there_are_many(format):
    format.write(course_of(8))
    assert grows_too_much(format.write, course_of(60), course_of(240)) is None


@every_format
def test_many_questions_and_resources_take_time_as_there_are_many(format):
    def course(items):
        made = samples.course(8, "Short.")
        for concept in made.concepts():
            concept.quiz = concept.quiz[:1] * items
            concept.resources = concept.resources[:1] * items
        return made

    format.write(course(1))
    assert grows_too_much(format.write, course(12), course(48)) is None
