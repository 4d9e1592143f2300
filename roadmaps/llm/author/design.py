"""The course that the built-in author makes of any topic, as a table."""

# Stage, its module, and the concepts in it: what to do with any topic, in the order in which
# people come to know it.
DESIGN: list[tuple[str, str, list[tuple[str, list[tuple[str, str, str]]]]]] = [
    (
        "Orientate",
        "See the whole of the field, and where you stand in it.",
        [
            (
                "The field from above",
                [
                    (
                        "The map of the field",
                        "Which parts the field has and how they hang together.",
                        "draw a map of it",
                    ),
                    (
                        "Ten words that matter",
                        "The terms that everything else is said in.",
                        "explain its ten main terms",
                    ),
                    (
                        "People and works to know",
                        "Who shaped it, and which works newcomers rely on.",
                        "name three works",
                    ),
                ],
            ),
            (
                "Your way in",
                [
                    (
                        "Where you stand",
                        "What you can do already, found out by trying.",
                        "list your gaps",
                    ),
                    (
                        "A place and a rhythm",
                        "Tools, place and times that you will keep.",
                        "keep a weekly plan",
                    ),
                ],
            ),
        ],
    ),
    (
        "Build the foundations",
        "The few ideas and moves that carry everything else.",
        [
            (
                "Ideas that carry",
                [
                    (
                        "First principles",
                        "The ideas from which the rest follows.",
                        "derive a rule from them",
                    ),
                    (
                        "How it works, step by step",
                        "One complete case, followed to its end.",
                        "retell a whole case",
                    ),
                    (
                        "A first complete example",
                        "Something small, done from start to end.",
                        "do a small piece",
                    ),
                ],
            ),
            (
                "Moves to practise",
                [
                    (
                        "Basic techniques",
                        "The moves that come up again and again.",
                        "do them without notes",
                    ),
                    (
                        "Usual mistakes",
                        "What goes wrong for newcomers, and its signs.",
                        "spot and mend mistakes",
                    ),
                    (
                        "Judging quality",
                        "What good work looks like, and why.",
                        "judge work by criteria",
                    ),
                ],
            ),
        ],
    ),
    (
        "Practise on real work",
        "Use what you know where it counts, with feedback.",
        [
            (
                "Guided practice",
                [
                    (
                        "Working after a model",
                        "Rebuild a good example and compare.",
                        "rebuild an example",
                    ),
                    (
                        "Variations",
                        "Change one thing at a time and watch what follows.",
                        "predict a change",
                    ),
                    (
                        "Harder cases",
                        "Cases in which the simple rules are not enough.",
                        "handle a hard case",
                    ),
                ],
            ),
            (
                "A project of your own",
                [
                    (
                        "Planning your project",
                        "A project small enough to end.",
                        "write a one-page plan",
                    ),
                    (
                        "Carrying the project out",
                        "Carry it out, and note what you decided.",
                        "finish a project",
                    ),
                    (
                        "Feedback from two people",
                        "Ask two people, and revise.",
                        "revise after feedback",
                    ),
                ],
            ),
        ],
    ),
    (
        "Consolidate and show",
        "Make it last, and let others see it.",
        [
            (
                "Make it last",
                [
                    (
                        "Recall without notes",
                        "Retrieve, at growing distances, what you learned.",
                        "recall it all",
                    ),
                    (
                        "Teaching it to somebody",
                        "Explain it to a newcomer; gaps show at once.",
                        "teach a newcomer",
                    ),
                ],
            ),
            (
                "Show it, and go on",
                [
                    (
                        "Presenting what you can do",
                        "A piece of work that others can judge.",
                        "present your work",
                    ),
                    (
                        "Your next steps",
                        "What to learn next, and how to keep in touch.",
                        "plan what follows",
                    ),
                ],
            ),
        ],
    ),
]
