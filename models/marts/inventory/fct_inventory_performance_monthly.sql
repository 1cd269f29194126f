{%- set components = [
    'capital', 'storage', 'insurance_and_shrinkage', 'obsolescence',
] -%}

with

monthly as (

    select * from {{ ref('int_inventory_performance_monthly') }}

),

order_quantities as (

    select
        location_id,
        product_id,
        unit_cost,
        holding_cost_rate_per_year
    from {{ ref('int_economic_order_quantities') }}

),

products as (

    select
        product_id,
        coalesce(category, 'none') as category
    from {{ ref('dim_products') }}

),

shares as (

    select
        {%- for component in components %}
        {{ exact_sum(
            "case when component = '" ~ component ~ "' then share_of_rate else 0 end"
        ) }} as {{ component }}_share,
        {%- endfor %}
        {{ exact_sum('share_of_rate') }} as total_share
    from {{ ref('holding_cost_components') }}

),

ledger_starts as (

    select
        location_id,
        min(valid_from_date) as ledger_first_date
    from {{ ref('int_stock_balances') }}
    group by location_id

),

month_lengths as (

    -- Days of the month that have passed since the location's ledger began.
    select
        ledger_starts.location_id,
        cast({{ dbt.date_trunc('month', 'dates.date_day') }} as date)
            as month_start_date,
        count(*) as month_days
    from {{ ref('int_dates') }} as dates
    inner join ledger_starts
        on dates.date_day >= ledger_starts.ledger_first_date
    where dates.is_past
    group by
        ledger_starts.location_id,
        cast({{ dbt.date_trunc('month', 'dates.date_day') }} as date)

),

valued as (

    select
        monthly.*,
        products.category,
        monthly.stock_unit_days * order_quantities.unit_cost as stock_value_days,
        {{ at_least_zero(
            '(monthly.stock_unit_days * order_quantities.unit_cost)'
        ) }}
        * order_quantities.holding_cost_rate_per_year / 365.0 as holding_cost
    from monthly
    inner join order_quantities
        on
            monthly.location_id = order_quantities.location_id
            and monthly.product_id = order_quantities.product_id
    inner join products
        on monthly.product_id = products.product_id

),

summed as (

    select
        month_start_date,
        location_id,
        category,
        count(*) as product_count,
        {{ exact_sum('sold_units') }} as sold_units,
        {{ exact_sum('revenue') }} as revenue,
        {{ exact_sum('cogs') }} as cogs,
        {{ exact_sum('stock_value_days') }} as stock_value_days,
        {{ exact_sum('holding_cost') }} as holding_cost,
        sum(stockout_days) as stockout_days,
        sum(ledger_days) as stocked_pair_days,
        sum(shelf_known_days) as shelf_known_days,
        {{ exact_sum('served_units') }} as served_units,
        {{ exact_sum('lost_units') }} as lost_units
    from valued
    group by month_start_date, location_id, category

),

averaged as (

    -- The month's average inventory is over the days of the month that have
    -- passed; a product introduced within it weighs the days it was there.
    select
        summed.*,
        month_lengths.month_days,
        summed.stock_value_days / month_lengths.month_days
            as average_inventory_value
    from summed
    inner join month_lengths
        on
            summed.location_id = month_lengths.location_id
            and summed.month_start_date = month_lengths.month_start_date

),

published as (

    select
        averaged.month_start_date,
        averaged.location_id,
        averaged.category,
        cast(averaged.product_count as integer) as product_count,
        cast(averaged.month_days as integer) as month_days,
        cast(averaged.sold_units as double) as sold_units,
        cast(averaged.revenue as double) as revenue,
        cast(averaged.cogs as double) as cogs,
        cast(averaged.revenue - averaged.cogs as double) as gross_margin,
        cast(averaged.average_inventory_value as double)
            as average_inventory_value,
        cast({{ inventory_turnover(
            'averaged.cogs',
            'averaged.average_inventory_value',
            'averaged.month_days'
        ) }} as double) as inventory_turnover,
        cast({{ days_on_hand(
            'averaged.cogs',
            'averaged.average_inventory_value',
            'averaged.month_days'
        ) }} as double) as days_on_hand,
        cast(averaged.holding_cost as double) as holding_cost,
        {%- for component in components %}
        cast(averaged.holding_cost * shares.{{ component }}_share as double)
            as {{ component }}_holding_cost,
        {%- endfor %}
        cast(averaged.served_units as double) as served_units,
        cast(averaged.lost_units as double) as lost_units_estimated,
        cast(
            averaged.served_units
            / nullif(averaged.served_units + averaged.lost_units, 0) as double
        ) as fill_rate_estimated,
        cast(averaged.stockout_days as bigint) as stockout_days,
        cast(averaged.stocked_pair_days as bigint) as stocked_pair_days,
        cast(averaged.shelf_known_days as bigint) as shelf_known_days,
        cast(
            averaged.stockout_days
            / nullif(cast(averaged.shelf_known_days as double), 0)
            as double
        ) as stockout_rate
    from averaged
    cross join shares

)

select * from published
