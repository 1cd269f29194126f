{#-
    A slip in a date shows by what sold with it: nearly nothing, where many pairs sell
    on a day as a rule. Only dates and counts of lines are asked, never what sold.
-#}
{%- set declared_date = setting('as_of_date') -%}
{%- set gap_days = var('stray_sales_gap_days') -%}
{#- Sale dates that say what is usual, and those without which nothing is. -#}
{%- set usual_dates = 14 -%}
{%- set least_dates = 7 -%}

with

days as (

    select
        sale_date,
        cast({{ dbt.datediff(
            "cast('1970-01-01' as date)", 'sale_date', 'day'
        ) }} as bigint) as day_number,
        dayofweek(sale_date) as weekday_number,
        count(distinct location_id || chr(31) || product_id) as n_pairs,
        count(*) as n_lines,
        min(line_number) as first_line_number,
        -- A chosen as-of date looks back: what was sold later says nothing.
        {{ "sale_date <= cast('" ~ declared_date ~ "' as date)"
            if declared_date else 'true' }} as is_known

    from {{ staged('sales') }}

    where not is_rejected

    group by sale_date

),

weekdays as (

    select
        weekday_number,
        count(*) as n_dates,
        sum(n_lines) as n_lines,
        sum(sum(n_lines)) over () as n_lines_in_all

    from days

    where is_known

    group by weekday_number

),

rhythm as (

    -- Weekly sales carry one day of the week; four of them are no coincidence, and one
    -- line with another is a slip.
    select
        max(case
            when
                n_dates >= 4
                and n_lines_in_all - n_lines <= greatest(
                    case when n_lines >= 20 then 1 else 0 end,
                    {{ var('stray_sales_share') }} * n_lines_in_all
                )
                then weekday_number
        end) as stamp_weekday_number

    from weekdays

),

paced as (

    select
        *,
        day_number - lag(day_number) over line_up as gap_days,
        lead(day_number) over line_up - day_number as next_gap_days,
        sum(n_lines) over (partition by is_known) as n_lines_in_all,
        sum(n_lines) over (
            partition by is_known
            order by day_number
            rows between current row and unbounded following
        ) as n_lines_from_here,
        sum(n_lines) over (
            partition by is_known
            order by day_number
            rows between unbounded preceding and current row
        ) as n_lines_to_here,
        avg(n_pairs) over usual_before as usual_pairs_before,
        avg(n_pairs) over usual_after as usual_pairs_after,
        count(*) over usual_before as n_dates_before,
        count(*) over usual_after as n_dates_after

    from days
    window
        line_up as (partition by is_known order by day_number),
        usual_before as (
            partition by is_known
            order by day_number
            rows between {{ usual_dates }} preceding and 1 preceding
        ),
        usual_after as (
            partition by is_known
            order by day_number
            rows between 1 following and {{ usual_dates }} following
        )

),

compared as (

    select
        *,
        avg(gap_days) over (
            partition by is_known
            order by day_number
            rows between {{ usual_dates }} preceding and 1 preceding
        ) as usual_gap_days_before,
        avg(next_gap_days) over (
            partition by is_known
            order by day_number
            rows between 1 following and {{ usual_dates }} following
        ) as usual_gap_days_after,
        max(n_pairs) over (
            partition by is_known
            order by day_number
            range between current row and {{ gap_days - 1 }} following
        ) as most_pairs_ahead,
        max(n_pairs) over (
            partition by is_known
            order by day_number
            range between {{ gap_days - 1 }} preceding and current row
        ) as most_pairs_behind,
        greatest(2, {{ var('stray_sales_share') }} * n_lines_in_all) as few_lines

    from paced

),

judged as (

    select
        compared.*,
        rhythm.stamp_weekday_number,
        -- Few pairs, on another weekday than that of the weeks.
        coalesce(
            compared.weekday_number <> rhythm.stamp_weekday_number
            and compared.n_pairs < 0.5 * coalesce(
                compared.usual_pairs_before, compared.usual_pairs_after
            ),
            false
        ) as is_odd,
        -- Few lines, long after the others.
        coalesce(
            compared.n_dates_before >= {{ least_dates }}
            and compared.gap_days
            > greatest({{ gap_days }}, 4 * compared.usual_gap_days_before)
            and compared.n_lines_from_here <= compared.few_lines
            and (
                compared.most_pairs_ahead < 0.5 * compared.usual_pairs_before
                or compared.n_lines_from_here = 1
            ),
            false
        ) as begins_late,
        -- Few lines, long before the others.
        coalesce(
            compared.n_dates_after >= {{ least_dates }}
            and compared.next_gap_days
            > greatest({{ gap_days }}, 4 * compared.usual_gap_days_after)
            and compared.n_lines_to_here <= compared.few_lines
            and (
                compared.most_pairs_behind < 0.5 * compared.usual_pairs_after
                or compared.n_lines_to_here = 1
            ),
            false
        ) as ends_early,
        -- No day of trade, though nothing parts it from the others.
        coalesce(
            compared.n_dates_before >= {{ least_dates }}
            and compared.n_pairs
            < {{ var('as_of_min_pair_share') }} * compared.usual_pairs_before,
            false
        ) as is_thin

    from compared
    cross join rhythm

),

bounded as (

    select
        *,
        coalesce(sale_date <= max(
            case when ends_early and is_known then sale_date end
        ) over (), false) as is_early,
        coalesce(sale_date >= min(
            case when begins_late and is_known then sale_date end
        ) over (), false) as is_late

    from judged

),

ended as (

    select
        *,
        max(case
            when
                is_known and not is_early and not is_late and not is_thin
                and not is_odd
                then sale_date
        end) over () as last_trading_date

    from bounded

),

stated as (

    select
        sale_date,
        n_lines,
        n_pairs,
        first_line_number,
        is_known,
        stamp_weekday_number is not null and not is_odd as is_weekly_stamp,
        case
            when is_early then 'early'
            when
                sale_date > last_trading_date
                and {{ 'false' if declared_date else 'true' }}
                then 'late'
            when is_odd then 'odd'
        end as stray_side

    from ended

)

select * from stated
