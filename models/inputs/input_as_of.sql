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

sales as (

    select
        sale_date,
        is_rejected

    from {{ staged('sales') }}

),

days as (

    select
        sale_date,
        count(*) as n_lines

    from sales

    where not is_rejected

    group by sale_date

),

tails as (

    select
        sale_date,
        lag(sale_date) over (order by sale_date asc) as previous_sale_date,
        sum(n_lines) over (
            order by sale_date desc
            rows between unbounded preceding and current row
        ) as n_lines_from_here,
        sum(n_lines) over () as n_lines_in_all

    from days

),

strays as (

    -- A few lines, long after all others, are a slip in the date.
    select min(sale_date) as first_stray_date

    from tails

    where
        {{ dbt.datediff('previous_sale_date', 'sale_date', 'day') }}
        > {{ var('stray_sales_gap_days') }}
        and n_lines_from_here < {{ var('stray_sales_share') }} * n_lines_in_all

),

bounds as (

    select
        min(days.sale_date) as first_sale_date,
        max(days.sale_date) as last_sale_date

    from days
    cross join strays

    where coalesce(days.sale_date < strays.first_stray_date, true)

),

decided as (

    select
        first_sale_date,
        {{ declared_date or 'last_sale_date' }} as as_of_date

    from bounds

),

checked as (

    select
        case
            when first_sale_date is null then {{ no_sales_error }}
            when as_of_date < first_sale_date then {{ too_early_error }}
            else as_of_date
        end as as_of_date

    from decided

    where true {{ 'and first_sale_date is not null' if flags.EMPTY }}

),

rhythm as (

    -- Weekly sales carry one day of the week; four of them are no coincidence.
    select
        count(distinct dayofweek(sales.sale_date)) = 1
        and count(distinct sales.sale_date) >= 4 as is_weekly_source

    from sales
    inner join checked
        on sales.sale_date <= checked.as_of_date

    where not sales.is_rejected

),

weeks as (

    select
        checked.as_of_date,
        rhythm.is_weekly_source,
        cast(
            cast(date_trunc('week', checked.as_of_date) as date)
            + interval '6' day as date
        ) as this_sunday_date,
        cast(
            cast(date_trunc('week', checked.as_of_date) as date)
            - interval '1' day as date
        ) as previous_sunday_date

    from checked
    cross join rhythm

),

ended as (

    select
        as_of_date,
        is_weekly_source,
        -- A weekly figure is that of the whole week it is dated in.
        case
            when {{ is_daily }} then as_of_date
            when is_weekly_source or as_of_date = this_sunday_date
                then this_sunday_date
            else previous_sunday_date
        end as last_period_end_date

    from weeks

),

measured as (

    select
        as_of_date,
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
