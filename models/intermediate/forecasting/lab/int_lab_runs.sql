{#- When the laboratory last ran: its verdicts serve until it is due again. -#}

with

as_of as (

    select as_of_date
    from {{ ref('input_as_of') }}

),

stated as (

    select
        as_of_date,
        cast({{ dbt.dateadd(
            'day', var('lab_every_days'), 'as_of_date'
        ) }} as date) as due_date
    from as_of

)

select * from stated
