{#-
    What was decided, kept for ever: a rebuild cannot recreate it, so not even
    --full-refresh may. A row is never changed. While a run is the latest, a rerun that
    decides otherwise, as after an override, adds a revision; later nothing does.
-#}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    full_refresh=false,
    on_schema_change='append_new_columns'
) }}

with

decisions as (

    select * from {{ ref('int_decisions') }}

),

{% if is_incremental() -%}
earlier as (

    select
        run_id,
        source_system,
        planning_period,
        as_of_date,
        location_id,
        product_id,
        revision_number,
        decision_hash
    from {{ this }}

),

latest_revisions as (

    select *
    from earlier
    qualify row_number() over (
        partition by run_id, location_id, product_id
        order by revision_number desc
    ) = 1

),

latest_runs as (

    select
        source_system,
        planning_period,
        max(as_of_date) as as_of_date
    from earlier
    group by source_system, planning_period

),

added as (

    select
        {%- for column in decision_columns() %}
        decisions.{{ column }},
        {%- endfor %}
        cast(coalesce(latest_revisions.revision_number, 0) + 1 as integer)
            as revision_number
    from decisions
    left join latest_revisions
        on
            decisions.run_id = latest_revisions.run_id
            and decisions.location_id = latest_revisions.location_id
            and decisions.product_id = latest_revisions.product_id
    left join latest_runs
        on
            decisions.source_system = latest_runs.source_system
            and decisions.planning_period = latest_runs.planning_period
    where
        latest_revisions.run_id is null
        or (
            decisions.as_of_date = latest_runs.as_of_date
            and decisions.decision_hash <> latest_revisions.decision_hash
        )

)
{%- else -%}
added as (

    select
        {%- for column in decision_columns() %}
        decisions.{{ column }},
        {%- endfor %}
        cast(1 as integer) as revision_number
    from decisions

)
{%- endif %}

select * from added
