"""Section 8."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from tests.shop.views import bodies

router = SimpleRouter()
for prefix, viewset in {
    "documents": bodies.DocumentViewSet,
    "answers": bodies.AnswerViewSet,
    "required-query": bodies.RequiredQueryViewSet,
    "filtered": bodies.FilteredViewSet,
    "optional-pages": bodies.OptionalPagesViewSet,
    "paged": bodies.PagedViewSet,
    "cursor": bodies.CursorViewSet,
    "offset": bodies.OffsetViewSet,
    "host": bodies.HostVersionViewSet,
    "query": bodies.QueryVersionViewSet,
    "accept": bodies.AcceptVersionViewSet,
    "throttled": bodies.ThrottledViewSet,
    "broken": bodies.BrokenViewSet,
}.items():
    router.register(prefix, viewset, prefix)

by_path = SimpleRouter()
by_path.register("by-path", bodies.PathVersionViewSet, "by-path")
by_namespace = SimpleRouter()
by_namespace.register("by-namespace", bodies.NamespaceVersionViewSet, "by-namespace")

urlpatterns = [
    path("mcp/", include("drf_mcp.urls")),
    *router.urls,
    path("path/<str:version>/", include(by_path.urls)),
    path("v1/", include((by_namespace.urls, "by_namespace"), namespace="v1")),
    path("v2/", include((by_namespace.urls, "by_namespace"), namespace="v2")),
]
