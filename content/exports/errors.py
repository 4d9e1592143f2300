class ExportImpossible(Exception):
    """This course can't be written in that format; the message is a sentence for the person who
    asked.
    """

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said
