"""Settings of accounts: sign-up and sign-in, here or with an account of another provider."""

from config import env

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["accounts.passwords.BoundedHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "roadmap_list"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "accounts.adapter.SocialAccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = env.choice(
    "ACCOUNT_EMAIL_VERIFICATION", "none", ("none", "optional", "mandatory")
)
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
if ACCOUNT_EMAIL_VERIFICATION == "mandatory":
    ACCOUNT_SIGNUP_FIELDS[1] = "email*"
ACCOUNT_FORMS = {
    "add_email": "accounts.forms.ChangeEmailForm",
    "signup": "accounts.forms.SignupForm",
}
ACCOUNT_CHANGE_EMAIL = True  # one address each; the new one takes over when its link was opened
# A borrowed session does not become the account: names, addresses, second factors and providers are
# changed by who gives the password or a code, or has signed in within these seconds.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 3  # also of the link to the old address that stops it
ACCOUNT_EMAIL_NOTIFICATIONS = True  # of a changed password or address
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Cairn] "
# Nobody gives themselves such a name, nor one that looks like it.
ACCOUNT_USERNAME_BLACKLIST = [
    "admin",
    "administrator",
    "cairn",
    "moderator",
    "root",
    "staff",
    "support",
    "system",
    "thesystem",
    "管理员",
    "系统",
    "客服",
]

# Providers to sign in with; each needs SOCIAL_<NAME>_CLIENT_ID and _SECRET.
SIGN_IN_AT = {
    "github": "https://github.com",
    "gitlab": "https://gitlab.com",
    "google": "https://accounts.google.com",
    "microsoft": "https://login.microsoftonline.com",
}
SOCIAL_PROVIDERS = env.social_providers("SOCIAL_PROVIDERS", tuple(SIGN_IN_AT))
SOCIALACCOUNT_PROVIDERS = {
    name: {"APPS": [{"client_id": app[0], "secret": app[1]}]}
    for name, app in SOCIAL_PROVIDERS.items()
}

MFA_ADAPTER = "accounts.second_factors.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Cairn"
MFA_ALLOW_UNVERIFIED_EMAIL = ACCOUNT_EMAIL_VERIFICATION == "none"
REQUIRE_STAFF_MFA = env.flag("REQUIRE_STAFF_MFA", False)
