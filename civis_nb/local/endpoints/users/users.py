"""``/users``: who uses the platform."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field
from sqlalchemy import Connection, Row, or_, select

from civis_nb.local.context import User, context_of
from civis_nb.local.endpoints.filters import asked_page
from civis_nb.local.endpoints.user_refs import ORGANIZATION_ID, ORGANIZATION_NAME
from civis_nb.local.errors import NotFound
from civis_nb.local.http.auth import current_user
from civis_nb.local.http.envelope import Page, paginated
from civis_nb.local.http.wire import Wire
from civis_nb.local.store.schema import group_members, records, users

__all__ = ["router"]

router = APIRouter(tags=["users"])


class Group(Wire):
    """A group that a user belongs to."""

    id: int
    name: str
    slug: str
    organization_id: int
    organization_name: str


class Me(Wire):
    """The user who makes the request."""

    id: int
    name: str
    email: str
    username: str
    initials: str
    last_checked_announcements: str | None = None
    feature_flags: dict[str, bool] = Field(default_factory=dict)
    roles: list[str] = Field(default_factory=list)
    preferences: dict[str, Any] = Field(default_factory=dict)
    custom_branding: str | None = None
    primary_group_id: int | None = None
    groups: list[Group] = Field(default_factory=list)
    organization_name: str | None = None
    organization_slug: str | None = None
    organization_default_theme_id: int | None = None
    created_at: str | None = None
    sign_in_count: int = 0
    assuming_role: bool = False
    role_assumer: dict[str, Any] = Field(default_factory=dict)
    assuming_admin: bool = False
    assuming_admin_expiration: str | None = None
    superadmin_mode_expiration: str | None = None
    disable_non_compliant_fedramp_features: bool = False
    persona_role: str | None = None
    created_by_id: int | None = None
    last_updated_by_id: int | None = None


class _UserFields(Wire):
    id: int
    user: str
    name: str
    email: str
    active: bool = True
    primary_group_id: int | None = None
    groups: list[Group] = Field(default_factory=list)


class UserSummary(_UserFields):
    """A user in a list."""

    created_at: str | None = None
    current_sign_in_at: str | None = None
    updated_at: str | None = None
    last_seen_at: str | None = None
    suspended: bool = False
    created_by_id: int | None = None
    last_updated_by_id: int | None = None


class UserDetail(_UserFields):
    """A user in full."""

    city: str | None = None
    state: str | None = None
    time_zone: str | None = None
    initials: str
    department: str | None = None
    title: str | None = None
    github_username: str | None = None
    prefers_sms_otp: bool | None = None
    vpn_enabled: bool | None = None
    sso_disabled: bool | None = None
    otp_required_for_login: bool | None = None
    exempt_from_org_sms_otp_disabled: bool | None = None
    sms_otp_allowed: bool | None = None
    robot: bool = False
    phone: str | None = None
    organization_slug: str | None = None
    organization_sso_disable_capable: bool | None = Field(
        default=None, alias="organizationSSODisableCapable"
    )
    organization_login_type: str | None = None
    organization_sms_otp_disabled: bool | None = None
    my_permission_level: str = "manage"
    created_at: str | None = None
    updated_at: str | None = None
    last_seen_at: str | None = None
    suspended: bool = False
    created_by_id: int | None = None
    last_updated_by_id: int | None = None
    unconfirmed_email: str | None = None
    account_status: str = "active"


#: What this platform can do beyond the plain API; all names are those of the API.
_FEATURE_FLAGS = {"run_arguments": False, "table_param": False}


@router.get("/users/me", summary="Show info about the logged-in user")
def get_me(request: Request, user: Annotated[User, Depends(current_user)]) -> Me:
    """Return the user whose key was sent."""
    with context_of(request).store.read() as connection:
        row = _row(connection, user.id)
        groups = _groups(connection, user.id)
    return Me(
        id=row.id,
        name=row.name,
        email=row.email,
        username=row.username,
        initials=row.initials,
        created_at=row.created_at,
        feature_flags=_FEATURE_FLAGS,
        roles=["sdm"],
        groups=groups,
    )


_ORDERS = {"name": users.c.name, "user": users.c.username}


@router.get("/users", summary="List users")
def list_users(
    request: Request,
    response: Response,
    page: Annotated[Page, asked_page(_ORDERS, default=20, maximum=10000, default_dir="asc")],
    feature_flag: str | None = None,
    account_status: str | None = None,
    query: str | None = None,
    group_id: int | None = None,
    group_ids: Annotated[list[int] | None, Query()] = None,
    organization_id: int | None = None,
    exclude_groups: bool | None = None,
) -> list[UserSummary]:
    """Return the users that pass the filters."""
    found = select(users)
    if query:
        columns = (users.c.name, users.c.username, users.c.email)
        found = found.where(or_(*(column.icontains(query, autoescape=True) for column in columns)))
    wanted = [*(group_ids or ()), *(() if group_id is None else (group_id,))]
    if wanted:
        inside = select(group_members.c.user_id).where(group_members.c.group_id.in_(wanted))
        found = found.where(users.c.id.in_(inside))
    elsewhere = organization_id not in (None, ORGANIZATION_ID)
    if elsewhere or account_status == "inactive" or feature_flag:
        found = found.where(users.c.id < 0)
    with context_of(request).store.read() as connection:
        rows = paginated(connection, found, page, response)
        groups = {row.id: [] if exclude_groups else _groups(connection, row.id) for row in rows}
    return [
        UserSummary(
            id=row.id,
            user=row.username,
            name=row.name,
            email=row.email,
            groups=groups[row.id],
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]


@router.get("/users/{id}", summary="Show info about a user")
def get_user(request: Request, id: int) -> UserDetail:
    """Return one user."""
    with context_of(request).store.read() as connection:
        row = _row(connection, id)
        groups = _groups(connection, id)
    return UserDetail(
        id=row.id,
        user=row.username,
        name=row.name,
        email=row.email,
        initials=row.initials,
        groups=groups,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _row(connection: Connection, user_id: int) -> Row[Any]:
    row = connection.execute(select(users).where(users.c.id == user_id)).one_or_none()
    if row is None:
        raise NotFound(f"User {user_id}")
    return row


def _groups(connection: Connection, user_id: int) -> list[Group]:
    """Return the groups that a user is a member of."""
    query = select(records).join(group_members, group_members.c.group_id == records.c.id)
    query = query.where(group_members.c.user_id == user_id).order_by(records.c.id)
    return [
        Group(
            id=row.id,
            name=row.name,
            slug=row.body["slug"],
            organization_id=ORGANIZATION_ID,
            organization_name=ORGANIZATION_NAME,
        )
        for row in connection.execute(query)
    ]
