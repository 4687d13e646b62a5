import os

from django.core.wsgi import get_wsgi_application

from .sockets import block

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.threats.settings")
block()

application = get_wsgi_application()
