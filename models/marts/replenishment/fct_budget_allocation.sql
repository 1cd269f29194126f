with

ranked as (

    select * from {{ ref('int_purchase_list_ranked') }}

),

products as (

    select
        product_id,
        vendor_id
    from {{ ref('input_products') }}

),

accumulated as (

    -- A cost that is unknown ranks last and leaves the sums after it unknown.
    select
        ranked.location_id,
        ranked.product_id,
        cast(ranked.unit_rank as double) as unit_rank,
        cast(ranked.purchase_rank as bigint) as purchase_rank,
        products.vendor_id,
        cast(ranked.step_units as double) as step_units,
        cast(ranked.step_cost as double) as step_cost,
        cast(ranked.expected_sold_units as double) as expected_sold_units,
        cast(ranked.expected_value as double) as expected_value,
        cast(ranked.value_per_currency as double) as value_per_currency,
        cast(case
            when ranked.step_cost is not null
                then {{ exact_sum(
                    'ranked.step_cost',
                    over='(
                        order by ranked.purchase_rank
                        rows between unbounded preceding and current row
                    )'
                ) }}
        end as double) as cumulative_spend,
        cast(case
            when ranked.expected_value is not null
                then {{ exact_sum(
                    'ranked.expected_value',
                    over='(
                        order by ranked.purchase_rank
                        rows between unbounded preceding and current row
                    )'
                ) }}
        end as double) as cumulative_expected_value,
        ranked.is_within_budget
    from ranked
    left join products
        on ranked.product_id = products.product_id

)

select * from accumulated
