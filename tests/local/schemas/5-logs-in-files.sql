CREATE TABLE platform_facts (
    "key" TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY ("key")
);
CREATE TABLE users (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    username TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    initials TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (username)
);
CREATE TABLE databases (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    adapter TEXT NOT NULL,
    url TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (name)
);
CREATE TABLE json_values (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT,
    value JSON,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE TABLE shares (
    object_kind TEXT NOT NULL,
    object_id INTEGER NOT NULL,
    grantee_kind TEXT NOT NULL,
    grantee_id INTEGER NOT NULL,
    level TEXT NOT NULL,
    PRIMARY KEY (object_kind, object_id, grantee_kind, grantee_id)
);
CREATE TABLE api_keys (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    token TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    FOREIGN KEY(user_id) REFERENCES users (id),
    UNIQUE (token)
);
CREATE TABLE credentials (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    username TEXT NOT NULL,
    password TEXT,
    description TEXT,
    remote_host_id INTEGER,
    is_default BOOLEAN NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    FOREIGN KEY(user_id) REFERENCES users (id),
    FOREIGN KEY(remote_host_id) REFERENCES databases (id)
);
CREATE TABLE tables (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    database_id INTEGER NOT NULL,
    schema TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT,
    primary_keys JSON,
    last_modified_keys JSON,
    ontology_mapping JSON,
    refresh_status TEXT NOT NULL,
    last_refresh TEXT,
    statistics JSON,
    UNIQUE (database_id, schema, name),
    FOREIGN KEY(database_id) REFERENCES databases (id)
);
CREATE TABLE jobs (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    type TEXT NOT NULL,
    name TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    body JSON NOT NULL,
    hidden BOOLEAN NOT NULL,
    archived BOOLEAN NOT NULL,
    from_template_id INTEGER,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE INDEX jobs_of_type ON jobs (type, hidden, created_at, id);
CREATE INDEX jobs_listed ON jobs (hidden, archived, updated_at, id);
CREATE TABLE files (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    description TEXT,
    expires_at TEXT,
    size_bytes INTEGER NOT NULL,
    crc32 BIGINT,
    blob TEXT,
    num_parts INTEGER,
    detected_info JSON,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE TABLE records (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    parent_id INTEGER,
    user_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    body JSON NOT NULL,
    hidden BOOLEAN NOT NULL,
    archived BOOLEAN NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    FOREIGN KEY(parent_id) REFERENCES records (id) ON DELETE CASCADE,
    FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE INDEX records_listed ON records (kind, hidden, archived, updated_at, id);
CREATE INDEX ix_records_parent_id ON records (parent_id);
CREATE TABLE syncs (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    import_id INTEGER NOT NULL,
    source JSON NOT NULL,
    destination JSON NOT NULL,
    advanced_options JSON NOT NULL,
    archived BOOLEAN NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    FOREIGN KEY(import_id) REFERENCES jobs (id)
);
CREATE INDEX ix_syncs_import_id ON syncs (import_id);
CREATE TABLE job_runs (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    job_id INTEGER NOT NULL,
    state TEXT NOT NULL,
    created_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    error TEXT,
    is_cancel_requested BOOLEAN NOT NULL,
    process_id INTEGER,
    process_started_at TEXT,
    result JSON,
    FOREIGN KEY(job_id) REFERENCES jobs (id)
);
CREATE INDEX job_runs_job ON job_runs (job_id, id);
CREATE INDEX job_runs_state ON job_runs (state);
CREATE TABLE project_items (
    project_id INTEGER NOT NULL,
    object_kind TEXT NOT NULL,
    object_id INTEGER NOT NULL,
    PRIMARY KEY (project_id, object_kind, object_id),
    FOREIGN KEY(project_id) REFERENCES records (id) ON DELETE CASCADE
);
CREATE INDEX project_items_object ON project_items (object_kind, object_id);
CREATE TABLE group_members (
    group_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    PRIMARY KEY (group_id, user_id),
    FOREIGN KEY(group_id) REFERENCES records (id) ON DELETE CASCADE,
    FOREIGN KEY(user_id) REFERENCES users (id)
);
CREATE TABLE outputs (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    run_id INTEGER NOT NULL,
    object_type TEXT NOT NULL,
    object_id INTEGER NOT NULL,
    name TEXT NOT NULL,
    created_at TEXT NOT NULL,
    FOREIGN KEY(run_id) REFERENCES job_runs (id)
);
CREATE INDEX ix_outputs_run_id ON outputs (run_id);
