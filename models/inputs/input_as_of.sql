{%- set declared_date = "cast('" ~ setting('as_of_date') ~ "' as date)"
    if setting('as_of_date') -%}
{%- set is_daily = setting('planning_period') == 'day' -%}
{%- set days_since_period_end = dbt.datediff(
    'last_period_end_date', 'as_of_date', 'day'
) -%}
{#- An empty build has no sales, and that is no fault. -#}
{%- set no_sales_error = raise_error(
    "'restock: no sale line can be used; stg_" ~ setting('source_system')
    ~ "__sales says why'"
) -%}
{%- set too_early_error = raise_error(
    "'restock: as_of_date ' || cast(as_of_date as varchar) || ' is before the first "
    ~ "sale, ' || cast(first_sale_date as varchar)"
) -%}

with

sale_dates as (

    select * from {{ ref('input_sale_dates') }}

),

bounds as (

    select
        min(sale_date) as first_sale_date,
        max(case when is_known then sale_date end) as last_sale_date

    from sale_dates

    where stray_side is null

),

decided as (

    select
        first_sale_date,
        {{ declared_date or 'last_sale_date' }} as as_of_date

    from bounds

),

checked as (

    select
        first_sale_date,
        case
            when first_sale_date is null then {{ no_sales_error }}
            when as_of_date < first_sale_date then {{ too_early_error }}
            else as_of_date
        end as as_of_date

    from decided

    where true {{ 'and first_sale_date is not null' if flags.EMPTY }}

),

weeks as (

    -- A weekly figure is that of the whole week it is dated in, once there is one.
    select
        checked.first_sale_date,
        checked.as_of_date,
        max(sale_dates.sale_date) as last_stamp_date,
        cast(
            cast(date_trunc('week', checked.as_of_date) as date)
            + interval '6' day as date
        ) as this_sunday_date,
        cast(
            cast(date_trunc('week', checked.as_of_date) as date)
            - interval '1' day as date
        ) as previous_sunday_date,
        cast(
            cast(date_trunc('week', max(sale_dates.sale_date)) as date)
            + interval '6' day as date
        ) as last_stamped_sunday_date

    from checked
    left join sale_dates
        on
            checked.as_of_date >= sale_dates.sale_date
            and sale_dates.is_weekly_stamp
            and sale_dates.stray_side is null

    group by checked.first_sale_date, checked.as_of_date

),

ended as (

    select
        first_sale_date,
        as_of_date,
        last_stamp_date is not null as is_weekly_source,
        case
            when {{ is_daily }} then as_of_date
            when as_of_date = this_sunday_date then this_sunday_date
            else greatest(
                previous_sunday_date,
                coalesce(last_stamped_sunday_date, previous_sunday_date)
            )
        end as last_period_end_date

    from weeks

),

measured as (

    select
        as_of_date,
        first_sale_date as known_from_date,
        -- A week dated by its Monday is known to its Sunday.
        greatest(as_of_date, last_period_end_date) as known_until_date,
        last_period_end_date,
        '{{ setting("planning_period") }}' as planning_period,
        {{ 1 if is_daily else 7 }} as period_days,
        cast(greatest(0, {{ days_since_period_end }}) as integer) as elapsed_days,
        is_weekly_source

    from ended

)

select * from measured
