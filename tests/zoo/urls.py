"""Routes that hyperlinked serializers refer to."""

from django.http import HttpResponse
from django.urls import path


def answer(request, **kwargs):
    """Nothing is served here; the names are what matters."""
    return HttpResponse()


routes = [
    path("keepers/<int:pk>/", answer, name="keeper-detail"),
    path("enclosures/<uuid:pk>/", answer, name="enclosure-detail"),
    path("species/<slug:slug>/", answer, name="species-detail"),
    path("tags/<str:name>/", answer, name="tag-detail"),
    path("animals/<int:pk>/", answer, name="animal-detail"),
    path("animals/<int:pk>/notes/", answer, name="animal-notes"),
    path("trees/<int:pk>/", answer, name="tree-detail"),
]
urlpatterns = routes
