"""What the language of workflows means: the documented behaviour of Mistral's v2 language."""

from __future__ import annotations

import pytest

from tests.local.workflows.conftest import states_of


def test_tasks_follow_one_another_and_all_branches_run(workflows):
    done = workflows.run("""
        a: {action: std.noop, on-success: [b, c]}
        b: {action: std.noop, on-complete: d}
        c: {action: std.noop}
        d: {action: std.noop}
        e: {action: std.noop}
    """)
    assert done["mistralState"] == "success"
    assert done["state"] == "succeeded"
    assert states_of(done) == dict.fromkeys("abcde", "success")
    assert done["startedAt"] <= done["finishedAt"]


def test_each_branch_has_its_own_variables(workflows):
    done = workflows.run(
        """
        a: {action: std.noop, publish: {x: 1}, on-success: a1}
        a1: {action: std.echo, input: {output: <% $.x %>}, publish: {a1: <% task().result %>}}
        b: {action: std.noop, publish: {x: 2}, on-success: b1}
        b1: {action: std.echo, input: {output: <% $.x %>}, publish: {b1: <% task().result %>},
             on-success: [fail: <% $.b1 != 2 %>]}
        """
    )
    assert done["mistralState"] == "success", done


def test_a_join_sees_what_all_branches_published_last(workflows):
    done = workflows.run("""
        start: {action: std.noop, publish: {x: 0, y: 0}, on-success: [a, b]}
        a: {action: std.noop, publish: {x: 1}, on-success: slow}
        slow: {action: std.noop, on-success: end}
        b: {action: std.noop, publish: {y: 2}, on-success: end}
        end:
          join: all
          action: std.noop
          on-success:
            - fail(msg="<% $.x %> <% $.y %>"): <% $.x != 1 or $.y != 2 %>
    """)
    assert done["mistralState"] == "success", done


def test_global_variables_are_hidden_by_those_of_the_branch(workflows):
    done = workflows.run("""
        a:
          action: std.noop
          on-success:
            publish: {branch: {v: branch}, global: {v: all}}
            next: a1
        a1:
          action: std.noop
          on-success:
            - succeed(msg="<% $.v %> <% global(v) %> <% global(none) %>")
    """)
    assert (done["mistralState"], done["mistralStateInfo"]) == ("success", "branch all None")


def test_publish_of_on_complete_is_overridden_by_the_more_specific_one(workflows):
    done = workflows.run("""
        a:
          action: std.fail
          on-error: {publish: {branch: {x: error}}, next: [b]}
          on-complete: {publish: {branch: {x: complete, y: complete}}}
        b: {action: std.noop, on-success: [succeed(msg="<% $.x %> <% $.y %>")]}
    """)
    assert done["mistralStateInfo"] == "error complete"


@pytest.mark.parametrize(
    ("after", "state", "ran"),
    [
        ("on-success: b", "error", "idle"),
        ("on-complete: b", "error", "success"),
        ("on-error: b", "success", "success"),
        ("on-error: [{b: <% false %>}]", "error", "idle"),
        ("on-error: [noop, b: <% false %>]", "success", "idle"),
    ],
)
def test_only_on_error_stops_an_error(workflows, after, state, ran):
    done = workflows.run(f"""
        a: {{action: std.fail, {after}}}
        b: {{action: std.noop}}
    """)
    assert (done["mistralState"], states_of(done)) == (state, {"a": "error", "b": ran})
    if state == "error":
        assert done["mistralStateInfo"] == "Failed tasks: a: The action std.fail always fails."


def test_publish_on_error_and_the_data_of_an_error(workflows):
    done = workflows.run("""
        a:
          action: std.fail
          input: {error_data: {code: 7}}
          publish: {x: 1}
          publish-on-error: {x: <% task().result.code %>}
          on-error: b
        b: {action: std.noop, on-success: [succeed(msg="<% $.x %>")]}
    """)
    assert done["mistralStateInfo"] == "7"


def test_guards_choose_the_way(workflows):
    done = workflows.run("""
        a:
          action: std.echo
          input: {output: [1, 2]}
          publish: {n: <% task().result.len() %>}
          on-success:
            - b: <% $.n > 1 %>
            - c: <% $.n > 2 %>
        b: {action: std.noop}
        c: {action: std.noop}
    """)
    assert states_of(done) == {"a": "success", "b": "success", "c": "idle"}


def test_commands_end_the_workflow_and_what_follows_them_in_the_list_does_not_run(workflows):
    done = workflows.run("""
        a: {action: std.noop, on-complete: [b, fail(msg="no more"), c]}
        b: {action: std.noop}
        c: {action: std.noop}
    """)
    assert (done["mistralState"], done["mistralStateInfo"]) == ("error", "no more")
    after = workflows.until(done["path"], lambda one: states_of(one)["b"] == "success")
    assert states_of(after)["c"] == "idle"


def test_on_error_comes_before_on_complete(workflows):
    done = workflows.run("""
        a: {action: std.fail, on-error: [b, succeed], on-complete: [c, fail]}
        b: {action: std.noop}
        c: {action: std.noop}
    """)
    assert done["mistralState"] == "success"
    assert states_of(done)["c"] == "idle"


def test_a_task_that_is_called_as_a_command_hides_it(workflows):
    done = workflows.run("""
        a: {action: std.noop, on-success: [fail]}
        fail: {action: std.noop}
    """)
    assert (done["mistralState"], states_of(done)["fail"]) == ("success", "success")


def test_a_pause_is_resumed_with_what_follows_it(workflows):
    paused = workflows.run("""
        a: {action: std.noop, on-success: [b, pause, c]}
        b: {action: std.noop, on-success: d}
        c: {action: std.noop}
        d: {action: std.noop}
    """)
    assert (paused["mistralState"], paused["state"]) == ("paused", "running")
    before = workflows.until(paused["path"], lambda one: states_of(one)["b"] == "success")
    assert (states_of(before)["c"], states_of(before)["d"]) == ("idle", "idle")
    resumed = workflows.http("POST", paused["path"] + "/resume")
    assert resumed.status_code == 202
    done = workflows.ended(paused["path"])
    assert (done["mistralState"], done["mistralStateInfo"]) == ("success", None)
    assert states_of(done) == dict.fromkeys("abcd", "success")
    again = workflows.http("POST", paused["path"] + "/resume")
    assert again.status_code == 409
    assert "not paused" in again.json()["errorDescription"]


def test_a_cycle_runs_until_its_guard_ends_it(workflows):
    done = workflows.run(
        """
        start: {action: std.noop, publish: {n: 0}, on-success: count}
        count:
          action: std.noop
          publish: {n: <% $.n + 1 %>}
          on-success:
            - wait: <% $.n < 5 %>
            - succeed(msg="<% $.n %>"): <% $.n >= 5 %>
        wait: {action: std.noop, on-success: count}
        """
    )
    assert done["mistralStateInfo"] == "5"


def test_a_reverse_workflow_runs_what_its_target_requires(workflows):
    tasks = """
        a: {action: std.noop, publish: {x: 1}}
        b: {action: std.noop, requires: [a], publish: {y: <% $.x + 1 %>}}
        c: {action: std.fail}
        d: {action: std.noop, requires: [a, b], publish: {z: <% $.x + $.y %>}}
    """
    head = "type: reverse\noutput: {z: <% $.z %>}"
    done = workflows.run(tasks, head, targetTask="d")
    assert done["mistralState"] == "success", done
    assert states_of(done) == {"a": "success", "b": "success", "c": "idle", "d": "success"}
    failed = workflows.run(tasks.replace("requires: [a]", "requires: [a, c]"), head, targetTask="d")
    assert failed["mistralState"] == "error"
    assert states_of(failed) == {"a": "success", "b": "idle", "c": "error", "d": "idle"}


def test_a_partial_run_takes_the_included_tasks_only(workflows):
    done = workflows.run(
        """
        a: {action: std.noop, on-success: [b, c]}
        b: {action: std.noop, on-success: d}
        c: {action: std.fail, on-complete: d}
        d: {join: all, action: std.noop}
        """,
        includedTasks=["b", "d"],
    )
    assert done["mistralState"] == "success"
    assert states_of(done) == {"b": "success", "d": "success"}
    assert done["includedTasks"] == ["b", "d"]


def test_input_has_defaults_and_texts_stay_texts(workflows):
    done = workflows.run(
        'a: {action: std.noop, on-success: [succeed(msg="<% $.a + $.b %>")]}',
        "input: [a, b: '2']",
        input={"a": "1"},
    )
    assert done["mistralStateInfo"] == "12"
    assert done["input"] == {"a": "1", "b": "2"}


def test_with_items_gives_a_list_and_takes_several_lists_together(workflows):
    done = workflows.run("""
        a:
          with-items:
            - x in <% [1, 2, 3] %>
            - y in <% ["a", "b", "c"] %>
          action: std.echo
          input: {output: "<% $.x %><% $.y %>"}
          publish: {all: <% task(a).result %>}
          on-success: [succeed(msg="<% $.all.join('-') %>")]
    """)
    assert done["mistralStateInfo"] == "1a-2b-3c"


def test_an_item_that_fails_fails_the_task_when_all_have_ended(workflows):
    done = workflows.run("""
        a:
          with-items: x in <% range(4) %>
          concurrency: 1
          action: std.echo
          input: {output: 1, delay: <% $.x = 1 and "no number" or 0 %>}
          on-error: [succeed(msg="<% task(a).result.len() %>")]
    """)
    assert done["mistralStateInfo"] == "4"
    assert "no number" in done["tasks"][0]["mistralStateInfo"]


def test_no_items_are_a_success(workflows):
    done = workflows.run("""
        a:
          with-items: x in <% [] %>
          action: std.fail
          on-success: [succeed(msg="<% task(a).result %>")]
    """)
    assert (done["mistralState"], done["mistralStateInfo"]) == ("success", "[]")


def test_lists_of_items_that_differ_in_length_fail_the_task(workflows):
    done = workflows.run("""
        a:
          with-items:
            - x in <% [1] %>
            - y in <% [1, 2] %>
        b:
          with-items: x in <% 7 %>
    """)
    assert done["mistralState"] == "error"
    assert "x has 1, y has 2" in done["mistralStateInfo"]
    assert "needs a list, and gets int" in done["mistralStateInfo"]


def test_the_functions_about_tasks_and_executions(workflows):
    done = workflows.run("""
        a: {action: std.echo, input: {output: hello}, on-success: b}
        b:
          action: std.noop
          publish:
            value: <% task(a).result %>
            state: <% task(a).state %>
            mine: <% task().name %>
            count: <% tasks(execution().id).len() %>
            good: <% tasks(execution().id, false, SUCCESS).name %>
            env: <% $.get('__env').execution_id = env().execution_id %>
            here: <% executions(execution().id).state %>
            none: <% task(nothing) %>
          on-success: c
        c:
          publish:
            all: <% [$.value, $.state, $.mine, $.count, $.good, $.env, $.here, $.none] %>
          on-success: [succeed(msg="<% json_dump($.all) %>")]
    """)
    found = "".join(done["mistralStateInfo"].split())
    assert found == '["hello","SUCCESS","b",2,["a","b"],true,["RUNNING"],null]'


def test_results_that_are_not_kept(workflows):
    done = workflows.run("""
        a:
          action: std.echo
          input: {output: 1}
          keep-result: false
          publish: {x: <% task().result %>}
          on-success: b
        b: {action: std.noop, on-success: [succeed(msg="<% $.x %> <% task(a).result %>")]}
    """)
    assert done["mistralStateInfo"] == "1 None"


def test_defaults_of_tasks_are_replaced_as_a_whole(workflows):
    done = workflows.run(
        """
        a: {action: std.noop}
        b: {action: std.fail, on-error: c}
        c: {action: std.noop, on-success: []}
        """,
        "task-defaults: {on-success: [c], on-error: [fail]}",
    )
    assert (done["mistralState"], states_of(done)["c"]) == ("success", "success")


def test_the_output_of_a_workflow_that_fails_to_evaluate_fails_it(workflows):
    done = workflows.run("a: {action: std.noop}", "output: {x: <% $.never %>}")
    assert done["mistralState"] == "error"
    assert "there is no 'never' here" in done["mistralStateInfo"]
