{#-
    Sales empty no shelf before there are any. A few counts long before the first sale
    are slips; where many are, the sales begin late.
-#}
with

stock_counts as (

    select count_date
    from {{ staged('stock_counts') }}

    where not is_rejected

),

as_of as (

    select
        known_until_date,
        cast(
            {{ dbt.dateadd('day', -var('stray_sales_gap_days'), 'known_from_date') }}
            as date
        ) as known_from_date

    from {{ ref('input_as_of') }}

),

counted as (

    select
        as_of.known_from_date,
        count(stock_counts.count_date) as n_counts,
        count(case
            when stock_counts.count_date < as_of.known_from_date
                then stock_counts.count_date
        end) as n_early_counts,
        min(stock_counts.count_date) as first_count_date

    from as_of
    left join stock_counts
        on as_of.known_until_date >= stock_counts.count_date

    group by as_of.known_from_date

),

bounded as (

    select
        case
            when
                n_early_counts
                <= greatest(2, {{ var('stray_sales_share') }} * n_counts)
                then known_from_date
            else first_count_date
        end as first_count_date

    from counted

)

select * from bounded
