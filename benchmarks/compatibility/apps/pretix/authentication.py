"""Team tokens name a team and no user. Until drf_mcp takes such identities, this stands in."""

from django.contrib.auth.models import AnonymousUser
from pretix.api.auth.token import TeamTokenAuthentication


class Team(AnonymousUser):
    is_active = True


class ActiveTeamTokenAuthentication(TeamTokenAuthentication):
    def authenticate_credentials(self, key):
        return Team(), super().authenticate_credentials(key)[1]
