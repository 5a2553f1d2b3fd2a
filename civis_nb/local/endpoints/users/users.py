"""``/users``: who uses the platform."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field
from sqlalchemy import Connection, Row, literal_column, or_, select

from civis_nb.local.context import User, context_of
from civis_nb.local.endpoints.filters import page_parameters
from civis_nb.local.endpoints.user_refs import ORGANIZATION_ID, ORGANIZATION_NAME
from civis_nb.local.errors import Invalid, NotFound
from civis_nb.local.http.auth import Keys, check_admin, current_user
from civis_nb.local.http.envelope import Page, paginated
from civis_nb.local.http.wire import NotBlank, Wire
from civis_nb.local.store import utc_now
from civis_nb.local.store.first_user import add_default_credential
from civis_nb.local.store.objects import find_object
from civis_nb.local.store.permissions import Level
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
    my_permission_level: Level
    created_at: str | None = None
    updated_at: str | None = None
    last_seen_at: str | None = None
    suspended: bool = False
    created_by_id: int | None = None
    last_updated_by_id: int | None = None
    unconfirmed_email: str | None = None
    account_status: str = "active"


class UserCreate(Wire):
    """A new user."""

    name: NotBlank
    email: NotBlank
    active: bool | None = None
    primary_group_id: int
    city: str | None = None
    state: str | None = None
    time_zone: str | None = None
    initials: str | None = None
    department: str | None = None
    title: str | None = None
    prefers_sms_otp: bool | None = None
    group_ids: list[int] | None = None
    vpn_enabled: bool | None = None
    sso_disabled: bool | None = None
    otp_required_for_login: bool | None = None
    exempt_from_org_sms_otp_disabled: bool | None = None
    robot: bool | None = None
    user: NotBlank
    send_email: bool | None = None


#: What this platform keeps of a new user; the other fields have nothing here that they apply to.
_KEPT = ("name", "email", "initials", "primary_group_id", "group_ids", "user")

#: What this platform can do beyond the plain API; all names are those of the API.
_FEATURE_FLAGS = {"run_arguments": False, "table_param": False}


@router.get("/users/me", summary="Show info about the logged-in user")
def get_me(request: Request, user: Annotated[User, Depends(current_user)]) -> Me:
    """Return the user whose key was sent."""
    with context_of(request).store.read() as connection:
        row = _row(connection, user.id)
        groups = _groups(connection, user.id)
        primary = _primary_group(connection, user.id)
    return Me(
        id=row.id,
        name=row.name,
        email=row.email,
        username=row.username,
        initials=row.initials,
        created_at=row.created_at,
        feature_flags=_FEATURE_FLAGS,
        roles=["sdm"],
        primary_group_id=primary,
        groups=groups,
    )


_ORDERS = {"name": users.c.name, "user": users.c.username}


@router.get("/users", summary="List users")
def list_users(
    request: Request,
    response: Response,
    page: Annotated[Page, page_parameters(_ORDERS, default=20, maximum=10000, default_dir="asc")],
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


@router.post("/users", summary="Create a new user (must be a team or org admin)")
def post_users(
    request: Request, body: UserCreate, user: Annotated[User, Depends(current_user)]
) -> UserDetail:
    """Create a user, who belongs to a group; only the platform's first user may."""
    check_admin(user, "create users")
    sent = body.model_dump(exclude_none=True)
    other = [name for name in sent if name not in _KEPT and sent[name] not in (False, "")]
    if [name for name in other if name != "active"] or sent.get("active") is False:
        raise Invalid(
            f"{', '.join(other)}: the local platform keeps only {', '.join(_KEPT)} of a user. "
            "Leave the rest out."
        )
    for name in ("name", "email", "user"):
        if not sent[name].strip():
            raise Invalid(f"{name} can't be blank.")
    now = utc_now()
    with context_of(request).store.begin() as connection:
        if connection.scalar(select(users.c.id).where(users.c.username == body.user)) is not None:
            raise Invalid(f"user: there is already a user {body.user}.")
        made = users.insert().values(
            username=body.user,
            name=body.name,
            email=body.email,
            initials=body.initials or _initials(body.name),
            created_at=now,
            updated_at=now,
        )
        user_id = int(connection.execute(made.returning(users.c.id)).scalar_one())
        add_default_credential(connection, user_id, body.user)
        # The first group that a user was put into is the primary one.
        for group_id in dict.fromkeys((body.primary_group_id, *(body.group_ids or ()))):
            if find_object(connection, "groups", group_id) is None:
                raise Invalid(f"There is no group {group_id}. POST /groups creates one.")
            connection.execute(group_members.insert().values(group_id=group_id, user_id=user_id))
        shown = _detail(connection, user_id, user)
    # The others are no longer the only user.
    keys: Keys = request.app.state.keys
    keys.clear()
    return shown


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split()[:2]).upper()


@router.get("/users/{id}", summary="Show info about a user")
def get_user(request: Request, id: int, user: Annotated[User, Depends(current_user)]) -> UserDetail:
    """Return one user."""
    with context_of(request).store.read() as connection:
        return _detail(connection, id, user)


def _detail(connection: Connection, user_id: int, requester: User) -> UserDetail:
    """Return a user in full."""
    row = _row(connection, user_id)
    groups = _groups(connection, user_id)
    manages = requester.is_admin or requester.id == user_id
    return UserDetail(
        id=row.id,
        user=row.username,
        name=row.name,
        email=row.email,
        initials=row.initials,
        groups=groups,
        primary_group_id=_primary_group(connection, user_id),
        my_permission_level="manage" if manages else "read",
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _primary_group(connection: Connection, user_id: int) -> int | None:
    """Return the group that a user was put into first."""
    statement = select(group_members.c.group_id).where(group_members.c.user_id == user_id)
    return connection.scalar(statement.order_by(literal_column("rowid")).limit(1))


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
