"""The goal made precise, as far as its own words go."""

from roadmaps.llm.author.words import Json, language_note, listed, number, part_of, parts, plain, shorten, topic

PATHS = {
    "exam": ("exam", "certif", "test ", "prüfung", "examen", "ielts", "toefl", "hsk", "jlpt"),
    "career": ("job", "career", "interview", "profession", "engineer", "work as", "beruf"),
    "project": ("build", "make", "write", "create", "develop", "contribute", "ship", "launch"),
    "hobby": ("hobby", "fun", "play", "guitar", "piano", "draw", "paint", "cook", "garden"),
}


def write_intent(payload: Json) -> Json:
    request = part_of(payload, "request")
    subject = topic(request.get("goal"))
    return {
        "outcome": shorten(f"You can do on your own what you set out to do: {plain(request.get('goal'))}", 400),
        "key_topics": parts(request.get("goal")) or [subject],
        "starting_point": _starting_point(request),
        "gaps": _gaps(subject),
        "constraints": _constraints(request),
        "path_type": _path(plain(request.get("goal")).casefold()),
    }


def _starting_point(request: Json) -> str:
    background = plain(request.get("background"))
    level = plain(request.get("level"), 30) or "beginner"
    known = f"; what you bring along: {background}" if background else ""
    return shorten(f"You start at the level “{level}”{known}", 400)


def _gaps(subject: str) -> list[str]:
    return [
        f"A map of {subject}: what belongs to it, in which order, and what can wait",
        f"The words and basic moves that everything else in {subject} is made of",
        "Practice on work of your own, with a way to find your mistakes",
        "A result that shows what you can do, and a habit that keeps it",
    ]


def _constraints(request: Json) -> list[str]:
    hours, weeks = number(request.get("hours_per_week"), 5), number(request.get("weeks"), 8)
    wanted = [f"{hours} hours per week for {weeks} weeks"]
    if date := plain(request.get("target_date"), 40):
        wanted.append(f"To be reached by {date}")
    if formats := listed(request.get("formats")):
        wanted.append(shorten(f"Preferred ways to learn: {', '.join(formats)}", 400))
    if motivation := plain(request.get("motivation"), 300):
        wanted.append(f"Why it matters: {motivation}")
    if note := language_note(request.get("language")):
        wanted.append(note)
    return wanted


def _path(goal: str) -> str:
    return next((path for path, words in PATHS.items() if any(word in goal for word in words)), "foundations")
