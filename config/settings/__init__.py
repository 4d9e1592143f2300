"""Settings of every process; values come from the environment through config.env only."""

from config import env
from config.settings.accounts import *
from config.settings.application import *
from config.settings.folders import *
from config.settings.language_models import *
from config.settings.learning import *
from config.settings.limits import *
from config.settings.mail import *
from config.settings.operations import *
from config.settings.queues import *
from config.settings.reviews import *
from config.settings.runs import *
from config.settings.security import *
from config.settings.services import *
from config.settings.theme import *

REFUSED_SETTINGS = sorted(set(env.refused().values()))  # only doctor gets as far as this with any
MISSPELT_SETTINGS = env.misspelt()  # variable → the setting that it is like
