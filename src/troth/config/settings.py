"""Django settings: one file, safe by default.  `troth demo` sets the loose values, and says so."""

from csp.constants import NONE, SELF

from troth.gate.keystore.boxes import django_secret

from .databases import owners, stores
from .environment import (
    ROOT,
    company,
    env_address,
    env_bool,
    env_nets,
    env_path,
    env_port,
    env_token,
    own_certificate,
    own_file,
    recipients,
    referral_credit,
    store_countries,
    workspace_bytes,
)
from .floor import security_floor
from .hosted_files import hosted
from .key_service import key_service
from .mail_relay import relay
from .processors import processors
from .qualifying import credit

# -- where things are
TROTH_HOME = env_path("TROTH_HOME", ROOT / "var")
TROTH_KEYS = env_path("TROTH_KEYS", TROTH_HOME / "keys")
TROTH_KEY_SERVICE = key_service()
TROTH_TOMBSTONES = env_path("TROTH_TOMBSTONES", TROTH_KEYS / "tombstones")
TROTH_STATEMENT = own_file("statement.md", TROTH_HOME)
TROTH_AGREEMENT = own_file("agreement.md", TROTH_HOME)
TROTH_COMPANY = company(own_file("company.toml", TROTH_HOME))
TROTH_DEPLOYMENT = TROTH_COMPANY["company"]["name"]
TROTH_REGION = TROTH_COMPANY["company"]["region"]
TROTH_WORKSPACE_BYTES = workspace_bytes(TROTH_COMPANY)
TROTH_REFERRAL_CREDIT = referral_credit(TROTH_COMPANY)
TROTH_FLOOR = security_floor(TROTH_COMPANY)

# -- how it is run
TROTH_DEMO = env_bool("TROTH_DEMO")
TROTH_SECOND_FACTOR = not TROTH_DEMO
TROTH_LISTEN = env_address("TROTH_LISTEN", "127.0.0.1")
TROTH_PORT = env_port("TROTH_PORT", 8443)
TROTH_PLAIN_PORT = env_port("TROTH_PLAIN_PORT", 8080)
# Whom our own looks from outside trust: the local authority, or with a certificate of one's own what the machine trusts.
TROTH_AUTHORITY = None if own_certificate() else TROTH_HOME / "tls" / "authority.pem"
# Whose signs of an attack are noted, and who is neither blocked nor slowed down: this machine, and a proxy of our own.
TROTH_TRUSTED_NETS = env_nets("TROTH_TRUSTED_NETS", "127.0.0.1, ::1")
TROTH_PROTECTION_LOG = env_path("TROTH_PROTECTION_LOG", TROTH_HOME / "alarms.log")
TROTH_METRICS_TOKEN = env_token("TROTH_METRICS_TOKEN")
TROTH_HOSTS = {kind: host["name"] for kind, host in TROTH_COMPANY["hosts"].items()}
TROTH_LINKED_HOSTS = frozenset(host["name"] for host in TROTH_COMPANY["hosts"].values() if host["linked"])
_PORT = "" if TROTH_PORT == 443 else f":{TROTH_PORT}"
TROTH_BASE_URLS = {kind: f"https://{host}{_PORT}" for kind, host in TROTH_HOSTS.items()}
TROTH_LOG_ORIGIN = f"{TROTH_HOSTS['company']}/log/1"

# -- Django
SECRET_KEY = django_secret(TROTH_KEYS)
DEBUG = False
ALLOWED_HOSTS = sorted(TROTH_HOSTS.values())
ROOT_URLCONF = "troth.config.urls"
WSGI_APPLICATION = "troth.config.wsgi.application"
LANGUAGE_CODE = TROTH_COMPANY["company"]["language"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "csp",
    "troth.accounts",  # before the sign-in library, whose pages it replaces
    "troth.accounts.people",
    "troth.accounts.levels",
    "troth.accounts.hooks",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "troth.gate.published",
    "troth.gate.keystore",
    "troth.gate.schedule",
    "troth.gate.journal",
    "troth.gate.subjects",
    "troth.gate.outbound",
    "troth.gate.files",
    "troth.gate.codes",
    "troth.gate.telling",
    "troth.gate.duties",
    "troth.gate.export",
    "troth.gate.proving",
    "troth.workspaces",
    "troth.posting",
    "troth.visits",
    "troth.visits.counts",
    "troth.apps.pages",
    "troth.apps.enquiries",
    "troth.apps.rights",
    "troth.apps.privacy",
    "troth.apps.support",
    "troth.apps.offers",
    "troth.apps.showcase",
    "troth.apps.office",
    "troth.apps.buying",
    "troth.apps.records",
    "troth.apps.queries",
    "troth.apps.files",
    "troth.apps.api",
    "troth.apps.referrals",
    "troth.apps.navigation",
    "troth.apps.traffic",
    "troth.apps.goals",
    "troth.apps.ownoffers",  # after the parts of the front page that are about this browser
    "troth.apps.boards",
    "troth.apps.blog",
    "troth.apps.chat",
    "troth.apps.providers",
    "troth.apps.legal",
    "troth.apps.quality",
    "troth.apps.transfers",
    "troth.apps.versions",
    "troth.apps.protection",
]

MIDDLEWARE = [
    "troth.config.metrics.Measured",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "troth.config.browsers.Forbidding",
    "csp.middleware.CSPMiddleware",
    "troth.apps.protection.middleware.Guard",  # its refusals are as strict as every other answer
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "troth.config.hosts.HostMiddleware",
    "troth.gate.uses.middleware.UseMiddleware",
    "troth.accounts.moving.MovingSessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "troth.accounts.sessions.SessionLimits",
    "troth.apps.protection.middleware.Barred",
    "troth.accounts.middleware.ActorMiddleware",
    "troth.accounts.wall.Wall",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "troth.apps.navigation.middleware.NewNumber",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "src" / "troth" / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "troth.config.context.company",
            ],
            "string_if_invalid": "",
        },
    }
]

# -- stores
DATABASES = stores(TROTH_HOME)
TROTH_OWNERS = owners()
DATABASE_ROUTERS = ["troth.gate.keystore.routing.KeyStoreRouter"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# -- static files
STATIC_URL = "/static/"
STATIC_ROOT = TROTH_HOME / "static"
STATICFILES_DIRS = [ROOT / "src" / "troth" / "web" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Where whole files lie, sealed (gate/files/away.py): our own folder, or a bucket.
    "hosted": hosted("TROTH_FILES_URL", TROTH_HOME / "files"),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# -- transport and browser
SECURE_PROXY_SSL_HEADER = None
SECURE_SSL_REDIRECT = False  # the plain listener only redirects; nothing else speaks plain HTTP
_IS_LOCAL = TROTH_HOSTS["company"] == "localhost"
SECURE_HSTS_SECONDS = 0 if _IS_LOCAL else 63_072_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not _IS_LOCAL
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "connect-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SESSION_ENGINE = "troth.accounts.sessions"
SESSION_COOKIE_NAME = "__Host-session"
SESSION_COOKIE_SECURE = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# What holds where no customer chose anything stricter (troth.accounts.levels), in seconds.
SESSION_COOKIE_AGE = 3600 * TROTH_FLOOR.get("longest", 12)  # and no longer, however busy it is
TROTH_SESSION_IDLE = 60 * TROTH_FLOOR.get("idle", 60)
TROTH_SESSION_MOVES = 60 * TROTH_FLOOR.get("moves", 5)  # after which a session's ticket is changed
TROTH_SESSION_GRACE = TROTH_FLOOR.get(
    "grace", 10
)  # in which requests under way may still show the ticket before
# In the sealed session: the default writes a cookie of its own, without the __Host- name.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CSRF_COOKIE_NAME = "__Host-csrf"
CSRF_COOKIE_SECURE = True
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "troth.config.failures.csrf"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

# -- sign-in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "troth.accounts.passwords.Validator"}]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "account_security"
ACCOUNT_ADAPTER = "troth.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "troth.accounts.forms.LoginForm",
    "change_password": "troth.accounts.forms.ChangePasswordForm",
    "set_password": "troth.accounts.forms.SetPasswordForm",
    "reset_password": "troth.accounts.forms.ResetPasswordForm",
    "confirm_password_reset_code": "troth.accounts.forms.ResetCodeForm",
    "reset_password_from_key": "troth.accounts.forms.NewPasswordForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 600
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_RATE_LIMITS = {"password_advice": "60/m/ip", "refer_a_friend": "20/h/ip"}
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
MFA_ADAPTER = "troth.accounts.adapter.MFAAdapter"
MFA_TOTP_TOLERANCE = 1  # a code may be typed while the next one appears (RFC 6238, 5.2: one step at most)
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_FORMS = {
    "add_webauthn": "troth.accounts.forms.AddPasskeyForm",
    "edit_webauthn": "troth.accounts.forms.RenamePasskeyForm",
}

# -- mail
_CARRIER = TROTH_COMPANY["mail"]
TROTH_CARRIER_COUNTRY = _CARRIER["country"]
TROTH_RECIPIENTS = recipients(TROTH_COMPANY)
TROTH_STORES = store_countries(TROTH_COMPANY)
TROTH_MAIL_DOMAIN = _CARRIER["from-email"].partition("@")[2]
TROTH_MAIL_HELD = env_bool("TROTH_MAIL_HELD", TROTH_DEMO)
DEFAULT_FROM_EMAIL = f"{_CARRIER['from-name']} <{_CARRIER['from-email']}>"
EMAIL_BACKEND = "troth.gate.outbound.relay.RelayBackend"
EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS, TROTH_SMTP_AUTHORITY = relay()

# -- payments
TROTH_PROCESSORS = processors(TROTH_COMPANY, TROTH_DEMO, TROTH_PORT)
TROTH_CREDIT = credit(TROTH_COMPANY, TROTH_RECIPIENTS, TROTH_DEMO, TROTH_PORT)

# -- logs: kinds, codes and view names; never a value, an address or a traceback with locals
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"scrub": {"()": "troth.config.logs.ScrubFilter"}},
    "formatters": {
        "line": {
            "()": "troth.config.logs.OneLine",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["scrub"]},
        "nowhere": {"class": "logging.NullHandler"},
    },
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        # Anybody can send a wrong Host header; our own check of scope.sites does.
        "django.security.DisallowedHost": {"handlers": ["nowhere"], "propagate": False},
        "django.request": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
    },
}
