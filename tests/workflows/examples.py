"""Definitions with what the language has, by name; all are valid on Civis Platform."""

from __future__ import annotations

HEAD = "version: '2.0'\n"

EXAMPLES: dict[str, str] = {
    "chain": """
workflow:
  description: Three kinds of scripts, one after another
  tasks:
    load:
      action: civis.scripts.python3
      input:
        name: Load
        source: |
          print("loaded")
        docker_image_tag: '7.0.0'
      on-success: [count]
    count:
      action: civis.scripts.r
      input: {source: 'cat(1)'}
      on-success: report
    report:
      action: civis.scripts.container
      input:
        required_resources: {cpu: 256, memory: 512}
        docker_command: echo done
        docker_image_name: python
        docker_image_tag: 3.12-slim
""",
    "branches": """
pipeline:
  tasks:
    start:
      action: std.noop
      on-success: [left, right]
    left:
      action: std.echo
      input: {output: left}
      on-success: [both]
    right:
      action: std.echo
      input: {output: right}
      on-complete: [both]
    both:
      action: std.noop
      join: all
""",
    "commands": """
workflow:
  tasks:
    ask:
      action: std.noop
      on-success:
        - pause
        - go_on: <% $.get(ready, true) %>
      on-error: fail
    go_on:
      action: std.noop
      on-complete: [succeed]
""",
    "guards": """
workflow:
  input:
    - rows: 0
    - table
  tasks:
    count_rows:
      action: civis.scripts.sql
      input:
        sql: SELECT count(*) FROM <% $.table %>
        remote_host_id: 1
        credential_id: 2
      publish:
        rows: <% task(count_rows).result.outputs.where($.name = "rows").first().value %>
        is_evening: <% int(now().format("%H")) > 18 and not false %>
      publish-on-error: {rows: 0}
      on-success:
        - many: <% $.rows > 1000 %>
        - few: <% $.rows <= 1000 %>
      on-error:
        publish:
          branch: {failed: true}
          global: {any_failed: true}
        next: [few]
    many: {action: std.noop}
    few: {action: std.noop, join: 1}
""",
    "anchors": """
workflow:
  ids: &host {remote_host_id: 1, credential_id: 2}
  base: &base
    action: civis.scripts.sql
    input:
      <<: *host
      sql: SELECT 1
  source: &source |
    print("shared")
  tasks:
    one: *base
    two:
      <<: *base
      timeout: 60
    three:
      action: civis.scripts.python3
      input: {source: *source}
""",
    "items": """
workflow:
  input:
    - cities: [Oslo, Lima]
    - counts: {a: 1}
  tasks:
    each:
      action: civis.scripts.python3
      with-items: city in <% $.cities %>
      concurrency: 2
      input: {source: print('<% $.city %>')}
      publish:
        all: <% task(each).result.select($.outputs).flatten().select($.value) %>
      on-success:
        - pairs: <% $.all.where($).any() %>
    pairs:
      action: std.echo
      with-items:
        - city in <% $.cities %>
        - n in [1, 2]
      input: {output: '<% $.city %> <% $.n %>'}
""",
    "policies": """
workflow:
  task-defaults:
    retry: {count: 2, delay: 5}
    timeout: 300
    on-error: [rescue]
  tasks:
    flaky:
      action: civis.run_job
      input: {job_id: <% $.get('__env').workflow_id %>}
      retry: count=3 delay=1 break-on=<% $.done %>
      wait-before: 1.5
      wait-after: 0
      pause-before: false
      fail-on: <% $.x < 4 %>
      keep-result: true
      safe-rerun: false
      target: here
      name: flaky
      description: Fails at times
    rescue:
      action: std.fail
      input: {error_data: none}
      timeout: 10
""",
    "imports": """
workflow:
  input:
    - from_tables: a,b
    - to_tables: c,d
  tasks:
    sync:
      action: civis.import
      with-items: names in <% $.from_tables.split(",").zip($.to_tables.split(",")) %>
      input:
        name: Sync
        sync_type: Dbsync
        is_outbound: false
        source: {remoteHostId: 1, credentialID: 2}
        destination: {remoteHostId: 3, credentialID: 4}
        syncs:
          - source: {databaseTable: {schema: a, table: '<% $.names[0] %>'}}
            destination: {databaseTable: {schema: b, table: '<% $.names[1] %>'}}
            advanced_options: {verifyTableRowCounts: true}
""",
    "notifications": """
workflow:
  tasks:
    tell:
      action: civis.scripts.python3
      input:
        source: print(1)
        params: [{name: CITY, type: string, default: Oslo}]
        arguments: {CITY: Lima}
        notifications: {successOn: true, successEmailAddresses: [a@example.com]}
""",
    "others": """
workflow:
  type: reverse
  output: {n: <% $.n %>}
  output-on-error: {n: null}
  tasks:
    custom:
      action: civis.scripts.custom
      input: {from_template_id: 5, arguments: {X: 1}}
    model:
      action: civis.scripts.dbt
      input: {repo_http_uri: https://example.com/models.git}
      requires: [custom]
    script:
      action: civis.scripts.javascript
      input: {source: 'log(1)', remote_host_id: 1, credential_id: 2}
      requires: [custom, model]
    addresses:
      action: civis.enhancements.cass_ncoa
      input: {source: {databaseTable: {schema: a, table: b}}}
    other:
      action: civis.workflows.execute
      input: {workflow_id: 7}
    never: {action: std.async_noop}
""",
}
EXAMPLES = {name: HEAD + text.lstrip("\n") for name, text in EXAMPLES.items()}
