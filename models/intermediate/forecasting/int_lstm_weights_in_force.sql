{#- Trained networks; none in a run that leaves the family out (`tag:lstm`). -#}

with

trained as (

    {%- if is_in_run(ref('int_lstm_weights')) %}

    select
        model,
        trained_index,
        architecture,
        weights
    from {{ ref('int_lstm_weights') }}
    {%- else %}

    select
        cast(null as varchar) as model, -- noqa: RF04
        cast(null as integer) as trained_index,
        cast(null as varchar) as architecture,
        cast(null as blob) as weights
    where false
    {%- endif %}

)

select * from trained
