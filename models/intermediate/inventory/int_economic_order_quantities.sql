with

annual_demand as (

    select * from {{ ref('int_annual_demand') }}

),

products as (

    select * from {{ ref('input_products') }}

),

policies as (

    select * from {{ ref('int_policies_resolved') }}

),

vendors as (

    select
        vendor_id,
        review_days
    from {{ ref('input_vendors') }}

),

order_costs as (

    select * from {{ ref('int_vendor_order_costs') }}

),

costed as (

    select
        annual_demand.location_id,
        annual_demand.product_id,
        products.vendor_id,
        annual_demand.annual_demand_units,
        products.unit_cost,
        products.unit_price,
        coalesce(products.pack_size_units, 1) as pack_size_units,
        coalesce(products.min_order_units, 0) as min_order_units,
        policies.holding_cost_rate_per_year as policy_rate_per_year,
        coalesce(
            policies.holding_cost_per_unit_year,
            policies.holding_cost_rate_per_year * products.unit_cost
        ) as holding_cost_per_unit_year,
        coalesce(
            policies.shortage_cost_per_unit,
            policies.shortage_cost_margin_multiple
            * {{ at_least_zero('(products.unit_price - products.unit_cost)') }}
        ) as shortage_cost_per_unit,
        -- What a planner or the vendor says of a line beats the default row.
        case
            when policies.order_cost_per_line_origin <> 'default'
                then policies.order_cost_per_line
            else coalesce(
                order_costs.stated_cost_per_line, policies.order_cost_per_line
            )
        end as handling_cost_per_line,
        case
            when policies.order_cost_per_line_origin <> 'default' then 0
            else coalesce(order_costs.freight_cost_per_line, 0)
        end as freight_cost_per_line,
        case
            when policies.review_days_origin <> 'default' then policies.review_days
            else coalesce(
                vendors.review_days,
                policies.review_days,
                {{ var('default_review_days') }}
            )
        end as review_days,
        products.shelf_life_days
    from annual_demand
    inner join products
        on annual_demand.product_id = products.product_id
    inner join policies
        on
            annual_demand.location_id = policies.location_id
            and annual_demand.product_id = policies.product_id
    left join vendors
        on products.vendor_id = vendors.vendor_id
    left join order_costs
        on products.vendor_id = order_costs.vendor_id

),

totalled as (

    select
        *,
        handling_cost_per_line + freight_cost_per_line as order_cost,
        coalesce(
            holding_cost_per_unit_year / nullif(unit_cost, 0), policy_rate_per_year
        ) as holding_cost_rate_per_year,
        -- No more than sells within the shelf life, and a year where none is given.
        annual_demand_units * coalesce(shelf_life_days, 365) / 365.0
            as max_lot_units
    from costed

),

quantified as (

    select
        *,
        {{ economic_lot_units(
            'annual_demand_units', 'order_cost', 'holding_cost_per_unit_year',
            'max_lot_units'
        ) }} as eoq_units
    from totalled

),

feasible as (

    select
        location_id,
        product_id,
        vendor_id,
        cast(annual_demand_units as double) as annual_demand_units,
        cast(unit_cost as double) as unit_cost,
        cast(unit_price as double) as unit_price,
        cast(pack_size_units as double) as pack_size_units,
        cast(min_order_units as double) as min_order_units,
        cast(shelf_life_days as double) as shelf_life_days,
        cast(holding_cost_rate_per_year as double) as holding_cost_rate_per_year,
        cast(holding_cost_per_unit_year as double) as holding_cost_per_unit_year,
        cast(shortage_cost_per_unit as double) as shortage_cost_per_unit,
        cast(handling_cost_per_line as double) as handling_cost_per_line,
        cast(freight_cost_per_line as double) as freight_cost_per_line,
        cast(order_cost as double) as order_cost,
        cast(review_days as double) as review_days,
        cast(eoq_units as double) as eoq_units,
        cast(max_lot_units as double) as max_lot_units
    from quantified

)

select * from feasible
