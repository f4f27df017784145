"""The WSGI application, which the door calls."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "troth.config.settings")
application = get_wsgi_application()
