from django.urls import include, path
from rest_framework.routers import SimpleRouter

from drf_mcp.views import MCPView

from . import views

router = SimpleRouter()
for prefix, viewset in {
    "note": views.NoteViewSet,
    "shared": views.SharedNoteViewSet,
    "report": views.ReportViewSet,
    "vault": views.VaultViewSet,
    "membership": views.MembershipViewSet,
    "group": views.GroupViewSet,
    "by-header": views.CachedByHeaderViewSet,
    "by-cookie": views.CachedByCookieViewSet,
    "entry": views.EntryViewSet,
    "bell": views.BellViewSet,
    "curious": views.CuriousViewSet,
    "guarded": views.GuardedViewSet,
    "decision": views.DecisionViewSet,
    "userless": views.UserlessViewSet,
}.items():
    router.register(prefix, viewset, basename=prefix)

urlpatterns = [
    path("api/", include(router.urls)),
    path("mcp/", include("drf_mcp.urls")),
    path("reading/", MCPView.as_view(read_only=True)),
]
