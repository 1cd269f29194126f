with

balances as (

    select * from {{ ref('int_stock_balances') }}

),

months as (

    select
        cast({{ dbt.date_trunc('month', 'date_day') }} as date) as month_start_date,
        min(date_day) as first_date,
        max(date_day) as last_date
    from {{ ref('int_dates') }}
    where is_past
    group by cast({{ dbt.date_trunc('month', 'date_day') }} as date)

),

overlapped as (

    -- A balance weighs by the days it stands in the month.
    select
        balances.location_id,
        balances.product_id,
        months.month_start_date,
        balances.closing_units,
        balances.is_stockout,
        balances.is_shelf_unknown or balances.is_ended as is_out_of_judgement,
        {{ dbt.datediff(
            'greatest(balances.valid_from_date, months.first_date)',
            'least(balances.valid_to_date, months.last_date)',
            'day'
        ) }} + 1 as month_days
    from balances
    inner join months
        on
            balances.valid_from_date <= months.last_date
            and balances.valid_to_date >= months.first_date

),

stocked as (

    select
        location_id,
        product_id,
        month_start_date,
        sum(month_days) as ledger_days,
        {{ exact_sum('closing_units * month_days') }} as stock_unit_days,
        sum(case when is_stockout then month_days else 0 end) as stockout_days,
        sum(case when is_out_of_judgement then 0 else month_days end)
            as shelf_known_days
    from overlapped
    group by location_id, product_id, month_start_date

),

ledger_starts as (

    select
        location_id,
        product_id,
        min(valid_from_date) as ledger_first_date
    from balances
    group by location_id, product_id

),

sold as (

    select
        sales.location_id,
        sales.product_id,
        cast({{ dbt.date_trunc('month', 'sales.sale_date') }} as date)
            as month_start_date,
        {{ exact_sum('sales.units') }} as sold_units,
        {{ exact_sum('sales.revenue') }} as revenue,
        {{ exact_sum('sales.cogs') }} as cogs
    from {{ ref('int_sales_daily') }} as sales
    inner join ledger_starts
        on
            sales.location_id = ledger_starts.location_id
            and sales.product_id = ledger_starts.product_id
            and sales.sale_date >= ledger_starts.ledger_first_date
    group by
        sales.location_id,
        sales.product_id,
        cast({{ dbt.date_trunc('month', 'sales.sale_date') }} as date)

),

demanded as (

    select
        unconstrained.location_id,
        unconstrained.product_id,
        cast({{ dbt.date_trunc('month', 'unconstrained.bucket_date') }} as date)
            as month_start_date,
        {{ exact_sum('greatest(unconstrained.sold_units, 0)') }} as served_units,
        {{ exact_sum('
            greatest(unconstrained.unconstrained_units - unconstrained.sold_units, 0)
        ') }} as lost_units
    from {{ ref('int_demand_unconstrained') }} as unconstrained
    inner join ledger_starts
        on
            unconstrained.location_id = ledger_starts.location_id
            and unconstrained.product_id = ledger_starts.product_id
            and unconstrained.bucket_date >= ledger_starts.ledger_first_date
    group by
        unconstrained.location_id,
        unconstrained.product_id,
        cast({{ dbt.date_trunc('month', 'unconstrained.bucket_date') }} as date)

),

joined as (

    select
        stocked.location_id,
        stocked.product_id,
        stocked.month_start_date,
        stocked.ledger_days,
        stocked.stock_unit_days,
        stocked.stockout_days,
        stocked.shelf_known_days,
        coalesce(sold.sold_units, 0) as sold_units,
        case when sold.product_id is null then 0 else sold.revenue end as revenue,
        case when sold.product_id is null then 0 else sold.cogs end as cogs,
        coalesce(demanded.served_units, 0) as served_units,
        coalesce(demanded.lost_units, 0) as lost_units
    from stocked
    left join sold
        on
            stocked.location_id = sold.location_id
            and stocked.product_id = sold.product_id
            and stocked.month_start_date = sold.month_start_date
    left join demanded
        on
            stocked.location_id = demanded.location_id
            and stocked.product_id = demanded.product_id
            and stocked.month_start_date = demanded.month_start_date

)

select * from joined
