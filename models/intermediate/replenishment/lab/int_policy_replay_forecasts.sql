{#- The champion of each segment under one name, and the models it is held against. -#}

with

forecasts as (

    select * from {{ ref('int_forecasts_unioned') }}

),

tested as (

    {{ first_test_cutoff() }}

),

champions as (

    select
        segment,
        model
    from {{ ref('int_forecast_champions') }}

),

pairs as (

    select distinct
        location_id,
        product_id
    from {{ ref('int_policy_replay_states') }}

),

labelled as (

    select
        forecasts.*,
        'champion' as replayed_model
    from forecasts
    inner join champions
        on
            forecasts.segment = champions.segment
            and forecasts.model = champions.model

    union all

    select
        *,
        model as replayed_model
    from forecasts
    where
        model in (
            {%- for name in var('policy_replay_models') %}
            '{{ name }}'{{ ',' if not loop.last }}
            {%- endfor %}
        )

),

replayed as (

    select
        labelled.replayed_model as model, -- noqa: RF04
        labelled.model as forecast_model,
        labelled.location_id,
        labelled.product_id,
        labelled.segment,
        cast(labelled.cutoff_index as integer) as cutoff_index,
        cast(labelled.target_index as integer) as target_index,
        cast(labelled.horizon as integer) as horizon,
        labelled.forecast_units,
        labelled.actual_units,
        coalesce(labelled.cutoff_index < tested.first_test_index, true) as has_a_say
    from labelled
    cross join tested
    inner join pairs
        on
            labelled.location_id = pairs.location_id
            and labelled.product_id = pairs.product_id

)

select * from replayed
