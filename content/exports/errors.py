class ExportImpossible(Exception):
    """This course can't be written in that format; the message is a sentence for the person who asked."""
