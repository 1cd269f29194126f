{#-
    An empty shelf is no evidence that nobody wants the product. What ends a product is
    what its buyer did while it was empty, or a year with stock and without a sale.
-#}
{%- set year_days = 364 -%}

with

as_of as (

    select as_of_date from {{ ref('input_as_of') }}

),

location_products as (

    select * from {{ ref('int_location_products') }}

),

products as (

    select
        product_id,
        vendor_id
    from {{ ref('input_products') }}

),

movements as (

    select * from {{ ref('int_stock_movements') }}

),

purchase_lines as (

    select * from {{ ref('input_purchase_order_lines') }}
    where not is_cancelled

),

sold as (

    -- The season of a product is that of all its locations.
    select
        product_id,
        sale_date,
        {{ exact_sum('units') }} as units
    from {{ ref('input_sales') }}
    group by product_id, sale_date

),

sales_starts as (

    select
        product_id,
        min(sale_date) as first_product_sale_date
    from sold
    group by product_id

),

data_starts as (

    select min(first_life_date) as first_data_date from location_products

),

last_stocked as (

    select
        location_id,
        product_id,
        max(case when closing_units > 0 then movement_date end) as last_stocked_date,
        max_by(closing_units, movement_date) as book_units
    from movements
    group by location_id, product_id

),

emptied as (

    -- The first movement after the last that left stock is the one that emptied it.
    select
        last_stocked.location_id,
        last_stocked.product_id,
        last_stocked.book_units,
        min(case
            when
                last_stocked.book_units <= 0
                and movements.movement_date > coalesce(
                    last_stocked.last_stocked_date, cast('1900-01-01' as date)
                )
                then movements.movement_date
        end) as emptied_date
    from last_stocked
    inner join movements
        on
            last_stocked.location_id = movements.location_id
            and last_stocked.product_id = movements.product_id
    group by
        last_stocked.location_id, last_stocked.product_id, last_stocked.book_units

),

order_dates as (

    select
        product_id,
        ordered_date,
        {{ dbt.datediff(
            'lag(ordered_date) over (partition by product_id order by ordered_date)',
            'ordered_date',
            'day'
        ) }} as interval_days
    from (
        select distinct
            product_id,
            ordered_date
        from purchase_lines
    ) as dated

),

ordered as (

    select
        product_id,
        count(*) as order_count,
        max(ordered_date) as last_ordered_date,
        max(interval_days) as longest_interval_days
    from order_dates
    group by product_id

),

vendor_orders as (

    -- Did the buyer go on ordering from the vendor, and leave the product out?
    select
        ordered.product_id,
        count(distinct purchase_lines.ordered_date) as orders_without_it
    from ordered
    inner join products
        on ordered.product_id = products.product_id
    inner join purchase_lines
        on
            products.vendor_id = purchase_lines.vendor_id
            and ordered.last_ordered_date < purchase_lines.ordered_date
    group by ordered.product_id

),

open_lines as (

    select
        location_id,
        product_id,
        count(*) as open_line_count
    from purchase_lines
    where received_date is null
    group by location_id, product_id

),

gathered as (

    select
        location_products.location_id,
        location_products.product_id,
        as_of.as_of_date,
        location_products.first_life_date,
        location_products.last_sale_date,
        greatest(
            coalesce(
                location_products.last_sale_date,
                location_products.last_receipt_date,
                location_products.first_life_date
            ),
            coalesce(
                location_products.last_receipt_date,
                location_products.last_sale_date,
                location_products.first_life_date
            )
        ) as last_life_date,
        data_starts.first_data_date,
        sales_starts.first_product_sale_date,
        emptied.book_units,
        emptied.emptied_date,
        coalesce(open_lines.open_line_count, 0) > 0 as is_on_order,
        coalesce(ordered.order_count, 0) as order_count,
        ordered.last_ordered_date,
        greatest(
            {{ var('discontinued_after_days') }},
            2 * coalesce(ordered.longest_interval_days, 0)
        ) as order_gap_days,
        coalesce(vendor_orders.orders_without_it, 0) as orders_without_it
    from location_products
    cross join as_of
    cross join data_starts
    left join sales_starts
        on location_products.product_id = sales_starts.product_id
    left join emptied
        on
            location_products.location_id = emptied.location_id
            and location_products.product_id = emptied.product_id
    left join open_lines
        on
            location_products.location_id = open_lines.location_id
            and location_products.product_id = open_lines.product_id
    left join ordered
        on location_products.product_id = ordered.product_id
    left join vendor_orders
        on location_products.product_id = vendor_orders.product_id

),

aged as (

    select
        *,
        {{ dbt.datediff(
            'last_life_date', 'as_of_date', 'day'
        ) }} as still_days,
        {{ dbt.datediff(
            'first_life_date', 'as_of_date', 'day'
        ) }} as life_days,
        {{ dbt.datediff(
            'emptied_date', 'as_of_date', 'day'
        ) }} as empty_days,
        {{ dbt.datediff('last_ordered_date', 'as_of_date', 'day') }}
            as unordered_days,
        {{ dbt.datediff('first_data_date', 'first_life_date', 'day') }}
            as entered_after_days,
        -- The weeks of this outage, a year ago, as far as they are on record.
        cast({{ dbt.dateadd('day', 1 - year_days, 'emptied_date') }} as date)
            as year_ago_from_date,
        cast(least(
            {{ dbt.dateadd('day', -year_days, 'as_of_date') }}, emptied_date
        ) as date) as year_ago_to_date
    from gathered

),

year_ago as (

    select
        aged.location_id,
        aged.product_id,
        coalesce({{ exact_sum('case
            when
                sold.sale_date between aged.year_ago_from_date
                and aged.year_ago_to_date
                then sold.units
        end') }}, 0) as same_weeks_units,
        coalesce({{ exact_sum('sold.units') }}, 0) as year_units,
        {{ dbt.datediff(
            'greatest(aged.year_ago_from_date, aged.first_product_sale_date)',
            'aged.year_ago_to_date',
            'day'
        ) }} + 1 as same_weeks_days,
        {{ dbt.datediff(
            'greatest(aged.year_ago_from_date, aged.first_product_sale_date)',
            'aged.emptied_date',
            'day'
        ) }} + 1 as year_days
    from aged
    inner join sold
        on
            aged.product_id = sold.product_id
            and aged.year_ago_from_date <= sold.sale_date
            and aged.emptied_date >= sold.sale_date
    where aged.empty_days > {{ var('outage_max_days') }}
    group by
        aged.location_id,
        aged.product_id,
        aged.year_ago_from_date,
        aged.year_ago_to_date,
        aged.first_product_sale_date,
        aged.emptied_date

),

seasoned as (

    -- Four weeks on record at least; a quarter of the year's rate parts season from
    -- off season.
    select
        aged.*,
        coalesce(
            year_ago.same_weeks_days >= 28
            and year_ago.same_weeks_units / year_ago.same_weeks_days
            >= 0.25 * year_ago.year_units / year_ago.year_days,
            false
        ) as sold_a_year_ago,
        coalesce(
            year_ago.same_weeks_days >= 28
            and year_ago.same_weeks_units / year_ago.same_weeks_days
            < 0.25 * year_ago.year_units / year_ago.year_days,
            false
        ) as is_seasonal
    from aged
    left join year_ago
        on
            aged.location_id = year_ago.location_id
            and aged.product_id = year_ago.product_id

),

judged as (

    select
        *,
        case
            when book_units is null then null
            when book_units < -1e-6 then 'unknown'
            when book_units <= 0 then 'empty'
            else 'stocked'
        end as shelf_state,
        case
            when first_life_date is null or life_days < 0 then 'never stocked'
            when
                book_units between -1e-6 and 0
                and not is_on_order
                and still_days > {{ var('discontinued_after_days') }}
                and order_count >= 3
                and unordered_days > order_gap_days
                and orders_without_it >= 3
                and sold_a_year_ago
                then 'sold out on purpose'
            when
                book_units > 0
                and still_days > {{ year_days }}
                and life_days > {{ year_days }}
                and not is_on_order
                then 'unsold for a year'
            when
                book_units between -1e-6 and 0
                and is_seasonal
                and empty_days > {{ var('outage_max_days') }}
                then 'off season'
            when
                book_units between -1e-6 and 0
                and not is_on_order
                and still_days > {{ var('discontinued_after_days') }}
                then 'starved'
            when
                book_units > 0
                and still_days > {{ var('discontinued_after_days') }}
                then 'unsold'
            when book_units < -1e-6 then 'below zero'
            when
                life_days <= {{ var('discontinued_after_days') }}
                and entered_after_days > 28
                then 'introduced'
        end as finding
    from seasoned

),

stated as (

    select
        location_id,
        product_id,
        case
            when finding in ('never stocked', 'introduced') then 'new'
            when finding in ('sold out on purpose', 'unsold for a year')
                then 'discontinued'
            when finding in ('off season', 'starved', 'unsold') then 'dormant'
            else 'active'
        end as life_cycle_state,
        case finding
            when 'never stocked' then 'never stocked or sold here'
            when 'introduced'
                then 'first stocked or sold on ' || cast(first_life_date as varchar)
            when 'sold out on purpose'
                then
                    'sold out on ' || cast(emptied_date as varchar)
                    || ' and ordered nowhere since '
                    || cast(last_ordered_date as varchar) || ', while its vendor got '
                    || cast(orders_without_it as varchar)
                    || ' orders; a year before it sold in these weeks'
            when 'unsold for a year'
                then
                    'stock on the shelf, and no sale or receipt for '
                    || cast(still_days as varchar) || ' days'
            when 'off season'
                then
                    'seasonal: empty since ' || cast(emptied_date as varchar)
                    || ', and it hardly sold in these weeks a year before'
            when 'starved'
                then
                    'starved: empty since ' || cast(emptied_date as varchar)
                    || ' and never reordered'
            when 'unsold'
                then
                    'stock on the shelf, and no sale or receipt for '
                    || cast(still_days as varchar) || ' days'
            when 'below zero'
                then 'below zero by the book: what is on the shelf is unknown'
            else 'sold, stocked or expected of late'
        end as life_cycle_reason,
        shelf_state,
        is_seasonal,
        coalesce(finding = 'starved', false) as is_starved,
        emptied_date,
        -- From this close on an empty shelf is no stock-out and loses nothing.
        case when finding = 'sold out on purpose' then emptied_date end
            as ended_date
    from judged

)

select * from stated
